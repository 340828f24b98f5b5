// The test suite of the engine contract (src/store/engine/engine.hpp). An engine joins it with
// INSTANTIATE_TEST_SUITE_P(Name, Conformance, ValuesIn(...)) in its own test file; the cases are in
// conformance_*.cpp.
#pragma once
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "store/engine/engine.hpp"
#include "support/kept_io_context.hpp"

namespace store::engine {

/// An engine under test, which can be closed and opened again with what it keeps.
class Subject {
public:
    virtual ~Subject() = default;
    virtual Engine& engine() = 0;
    virtual void reopen() = 0;
};

struct SubjectKind {
    std::string name;
    std::function<std::unique_ptr<Subject>(Limits)> make;
};
inline std::ostream& operator<<(std::ostream& out, const SubjectKind& kind) { return out << kind.name; }

/// Runs one coroutine to its end on this thread.
template <class T>
T run(awaitable<T> work) {
    test::KeptIoContext kept;
    auto& io = *kept;
    std::optional<T> answer;
    std::exception_ptr failure;
    boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr thrown, T value) {
        failure = thrown;
        answer.emplace(std::move(value));
    });
    io.run();
    if (failure) std::rethrow_exception(failure);
    return std::move(*answer);
}

inline void run(awaitable<void> work) {
    test::KeptIoContext kept;
    auto& io = *kept;
    std::exception_ptr failure;
    boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr thrown) { failure = thrown; });
    io.run();
    if (failure) std::rethrow_exception(failure);
}

class Conformance : public testing::TestWithParam<SubjectKind> {
protected:
    Engine& engine() {
        if (subject_ == nullptr) subject_ = GetParam().make(limits_);
        return subject_->engine();
    }
    void reopen() { subject_->reopen(); }
    void use_limits(const Limits& limits) { limits_ = limits; }

    Result<Version> commit(std::string partition, Version expect, std::vector<Row> put,
                           std::vector<std::string> erase = {}) {
        return commit(Prelude{}, std::move(partition), expect, std::move(put), std::move(erase));
    }
    Result<Version> commit(Prelude prelude, std::string partition, Version expect, std::vector<Row> put,
                           std::vector<std::string> erase = {}) {
        Batch batch;
        batch.partition = std::move(partition);
        batch.expect = expect;
        batch.put = std::move(put);
        batch.erase = std::move(erase);
        return run(engine().commit(std::move(prelude), std::move(batch)));
    }
    /// A blob with these octets, written in pieces of `piece`; not finished.
    std::shared_ptr<BlobWriter> blob_of(std::string_view octets, std::size_t piece = 100'000) {
        auto writer = engine().new_blob();
        for (std::size_t at = 0; at < octets.size(); at += piece) {
            EXPECT_TRUE(run(writer->write(octets.substr(at, piece))));
        }
        return writer;
    }
    Prelude finish(std::shared_ptr<BlobWriter> writer, std::vector<std::string> tags) {
        Prelude prelude;
        prelude.blobs.emplace_back(std::move(writer), std::move(tags));
        return prelude;
    }
    base::BlobId stored(std::string_view octets, std::string tag) {
        auto writer = blob_of(octets);
        EXPECT_TRUE(run(engine().apply(finish(writer, {std::move(tag)}))));
        return writer->id();
    }
    std::string read(base::BlobId blob, std::uint64_t offset, std::size_t length) {
        auto octets = run(engine().blob_read(blob, offset, length));
        if (!octets) return "error: " + std::string(octets.error().what());
        return std::move(*octets);
    }
    /// "a=1 b=2" of a get() or scan() answer.
    static std::string text(const Result<Rows>& rows);

private:
    Limits limits_;
    std::unique_ptr<Subject> subject_;
};

/// Octets that repeat with the seed: words that compress, or chance that does not.
std::string text_octets(std::size_t size, unsigned seed);
std::string random_octets(std::size_t size, unsigned seed);
/// Lines of `line` characters, those that are whole.
std::string base64_text(std::string_view octets, std::size_t line, std::string_view end = "\r\n");

}  // namespace store::engine
