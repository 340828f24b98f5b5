// Writing mail as maildir, mbox and eml files.
#include <algorithm>
#include <ctime>
#include <fcntl.h>
#include <fstream>
#include <map>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/line_ends.hpp"
#include "cli/mailbox_files.hpp"

namespace cli {
namespace fs = std::filesystem;
namespace {

Result<void> make_directories(const fs::path& path) {
    std::error_code error;
    fs::create_directories(path, error);
    if (error) return Failure(1, fmt::format("cannot make {}: {}", path.string(), error.message()));
    return {};
}

Result<void> write_file(const fs::path& path, std::string_view octets, std::optional<std::int64_t> date) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(octets.data(), static_cast<std::streamsize>(octets.size()));
    out.close();
    if (!out) return Failure(1, fmt::format("cannot write {}", path.string()));
    if (date) {
        const std::array<timespec, 2> times{
            {{static_cast<std::time_t>(*date), 0}, {static_cast<std::time_t>(*date), 0}}};
        if (::utimensat(AT_FDCWD, path.c_str(), times.data(), 0) != 0)
            return Failure(1, fmt::format("cannot set the time of {}", path.string()));
    }
    return {};
}

/// A folder's name as one harmless path: no level may climb or hide.
std::string safe_path(std::string_view folder) {
    std::string out;
    for (const char c : folder) {
        const bool bad = static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '\\';
        out += bad ? '_' : c;
    }
    std::string safe;
    for (fs::path level : fs::path(out)) {
        std::string name = level.string();
        if (name == "." || name == ".." || name == "/" || name.empty()) name = "_";
        if (!safe.empty()) safe += '/';
        safe += name;
    }
    return safe;
}

class MaildirWriter final : public MailWriter {
public:
    explicit MaildirWriter(fs::path root) : root_(std::move(root)) {}

    Result<void> write(const MailFile& mail, std::uint32_t uid) override {
        fs::path folder = root_;
        if (mail.folder != "INBOX") {
            std::string name = safe_path(mail.folder);
            std::ranges::replace(name, '.', '_');
            std::ranges::replace(name, '/', '.');
            folder = root_ / ("." + name);
        }
        if (made_.insert(folder.string()).second) {
            for (const char* part : {"cur", "new", "tmp"}) {
                auto made = make_directories(folder / part);
                if (!made) return made;
            }
        }
        const std::string octets = base::with_lf(mail.octets);
        const std::string name = fmt::format("{}.U{}.barid,S={},W={}{}", mail.date.value_or(0), uid,
                                             octets.size(), mail.octets.size(), maildir_info(mail.flags));
        return write_file(folder / "cur" / name, octets, mail.date);
    }

private:
    fs::path root_;
    std::set<std::string> made_;
};

class MboxWriter final : public MailWriter {
public:
    explicit MboxWriter(fs::path root) : root_(std::move(root)) {}

    Result<void> write(const MailFile& mail, std::uint32_t) override {
        const fs::path path = root_ / (safe_path(mail.folder) + ".mbox");
        auto made = make_directories(path.parent_path());
        if (!made) return made;
        const bool first = started_.insert(path.string()).second;
        std::ofstream out(path, std::ios::binary | (first ? std::ios::trunc : std::ios::app));
        const std::time_t date = static_cast<std::time_t>(mail.date.value_or(0));
        std::tm utc{};
        gmtime_r(&date, &utc);
        std::array<char, 64> stamp{};
        std::strftime(stamp.data(), stamp.size(), "%a %b %e %H:%M:%S %Y", &utc);
        out << "From MAILER-DAEMON " << stamp.data() << '\n' << quoted(base::with_lf(mail.octets)) << '\n';
        out.close();
        if (!out) return Failure(1, fmt::format("cannot write {}", path.string()));
        return {};
    }

private:
    /// mboxrd: every line that is '>'* and "From " gets one more '>'.
    static std::string quoted(std::string_view octets) {
        std::string out;
        out.reserve(octets.size() + 64);
        while (!octets.empty()) {
            const auto end = octets.find('\n');
            const std::string_view line =
                octets.substr(0, end == std::string_view::npos ? octets.size() : end + 1);
            const auto plain = line.find_first_not_of('>');
            if (plain != std::string_view::npos && line.substr(plain).starts_with("From ")) out += '>';
            out += line;
            octets.remove_prefix(line.size());
        }
        if (out.empty() || out.back() != '\n') out += '\n';
        return out;
    }

    fs::path root_;
    std::set<std::string> started_;
};

class EmlWriter final : public MailWriter {
public:
    explicit EmlWriter(fs::path root) : root_(std::move(root)) {}

    Result<void> write(const MailFile& mail, std::uint32_t uid) override {
        const fs::path folder = root_ / safe_path(mail.folder);
        auto made = make_directories(folder);
        if (!made) return made;
        return write_file(folder / fmt::format("{:010}.eml", uid), mail.octets, mail.date);
    }

private:
    fs::path root_;
};

}  // namespace

Result<std::unique_ptr<MailWriter>> make_mail_writer(std::string_view format, const fs::path& target) {
    auto made = make_directories(target);
    if (!made) return made.error();
    std::unique_ptr<MailWriter> writer;
    if (format == "maildir") writer = std::make_unique<MaildirWriter>(target);
    if (format == "mbox") writer = std::make_unique<MboxWriter>(target);
    if (format == "eml") writer = std::make_unique<EmlWriter>(target);
    if (!writer) return Failure(2, fmt::format("no such format: {}", format));
    return writer;
}

}  // namespace cli
