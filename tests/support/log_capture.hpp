// What the log says meanwhile, for tests of what it tells and how often.
#pragma once
#include <cstdio>
#include <string>

#include <gtest/gtest.h>

#include "base/log.hpp"

namespace support {

/// From here until text() or its end, what is at least `level` of `module` ("": of all); then that module is
/// silent again and the log goes where it went.
class LogCapture {
public:
    explicit LogCapture(std::string module, base::log::Level level = base::log::Level::error)
        : module_(std::move(module)), file_(std::tmpfile()) {
        EXPECT_NE(file_, nullptr);
        if (file_ == nullptr) return;
        base::log::set_output(fileno(file_));
        base::log::set_level(module_, level);
    }
    ~LogCapture() { text(); }
    LogCapture(const LogCapture&) = delete;
    LogCapture& operator=(const LogCapture&) = delete;

    /// Once.
    std::string text() {
        if (file_ == nullptr) return {};
        base::log::set_level(module_, base::log::Level::off);
        base::log::set_output(2);
        std::rewind(file_);
        std::string out(64U << 10, '\0');
        out.resize(std::fread(out.data(), 1, out.size(), file_));
        std::fclose(file_);
        file_ = nullptr;
        return out;
    }

private:
    const std::string module_;
    std::FILE* file_;
};

}  // namespace support
