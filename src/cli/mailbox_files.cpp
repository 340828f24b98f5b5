// Maildir names, mbox "From " lines, and the three readers. The writers are in
// mailbox_writers.cpp.
#include "cli/mailbox_files.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <sys/stat.h>
#include <utility>

#include <fmt/format.h>

#include "base/line_ends.hpp"

namespace cli {
namespace fs = std::filesystem;
namespace {

constexpr std::array<std::pair<char, const char*>, 6> flag_letters{{{'D', "\\Draft"},
                                                                    {'F', "\\Flagged"},
                                                                    {'P', "$Forwarded"},
                                                                    {'R', "\\Answered"},
                                                                    {'S', "\\Seen"},
                                                                    {'T', "\\Deleted"}}};

Result<std::string> read_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return Failure(1, fmt::format("cannot read {}", path.string()));
    std::string octets;
    in.seekg(0, std::ios::end);
    octets.resize(static_cast<std::size_t>(std::max<std::streamoff>(0, in.tellg())));
    in.seekg(0);
    in.read(octets.data(), static_cast<std::streamsize>(octets.size()));
    octets.resize(static_cast<std::size_t>(in.gcount()));
    return octets;
}

std::optional<std::int64_t> modified(const fs::path& path) {
    struct stat facts{};
    if (::stat(path.c_str(), &facts) != 0) return std::nullopt;
    return static_cast<std::int64_t>(facts.st_mtime);
}

std::vector<fs::path> sorted_entries(const fs::path& folder) {
    std::vector<fs::path> out;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) out.push_back(entry.path());
    std::ranges::sort(out);
    return out;
}

/// The messages of one maildir folder's cur/ and new/.
Result<void> read_maildir_folder(const fs::path& folder, const std::string& name, const OnMail& on_mail) {
    for (const char* part : {"cur", "new"}) {
        for (const fs::path& path : sorted_entries(folder / part)) {
            std::error_code error;
            if (!fs::is_regular_file(path, error)) continue;
            auto octets = read_file(path);
            if (!octets) return octets.error();
            MailFile mail;
            mail.folder = name;
            mail.flags = maildir_flags(path.filename().string());
            mail.date = modified(path);
            mail.octets = base::with_crlf(*octets);
            auto taken = on_mail(std::move(mail));
            if (!taken) return taken;
        }
    }
    return {};
}

/// Flags from an mbox message's Status and X-Status fields, as mutt and Dovecot write them.
void add_status_flags(std::string_view octets, std::vector<std::string>& flags) {
    const auto header = octets.substr(0, octets.find("\r\n\r\n"));
    for (const std::string_view field : {"\r\nStatus: ", "\r\nX-Status: "}) {
        const auto at = header.find(field);
        if (at == std::string_view::npos) continue;
        const auto value = header.substr(at + field.size());
        for (const char letter : value.substr(0, value.find('\r'))) {
            if (letter == 'R') flags.emplace_back(field[2] == 'S' ? "\\Seen" : "");
            if (letter == 'A') flags.emplace_back("\\Answered");
            if (letter == 'F') flags.emplace_back("\\Flagged");
            if (letter == 'D') flags.emplace_back("\\Deleted");
            if (letter == 'T') flags.emplace_back("\\Draft");
        }
    }
    std::erase(flags, "");
}

}  // namespace

std::vector<std::string> maildir_flags(std::string_view file_name) {
    std::vector<std::string> flags;
    const auto info = file_name.rfind(":2,");
    if (info == std::string_view::npos) return flags;
    for (const char letter : file_name.substr(info + 3)) {
        for (const auto& [known, flag] : flag_letters) {
            if (letter == known) flags.emplace_back(flag);
        }
    }
    return flags;
}

std::string maildir_info(const std::vector<std::string>& flags) {
    std::string out = ":2,";
    for (const auto& [letter, flag] : flag_letters) {
        if (std::ranges::find(flags, flag) != flags.end()) out += letter;
    }
    return out;
}

bool is_from_line(std::string_view line) {
    if (!line.starts_with("From ")) return false;
    // A year at the end, or before a zone; a time with colons before it. A sentence that begins with From has
    // none.
    static constexpr std::string_view digits = "0123456789";
    const auto year_like = [](std::string_view word) {
        return word.size() == 4 && word.find_first_not_of(digits) == std::string_view::npos;
    };
    bool time = false, year = false;
    std::string_view rest = line.substr(5);
    while (!rest.empty()) {
        const auto blank = rest.find(' ');
        std::string_view word = rest.substr(0, blank);
        while (!word.empty() && (word.back() == '\r' || word.back() == '\n')) word.remove_suffix(1);
        time = time || (word.size() >= 5 && std::ranges::count(word, ':') >= 1 &&
                        word.find_first_not_of("0123456789:") == std::string_view::npos);
        year = year || year_like(word);
        if (blank == std::string_view::npos) break;
        rest.remove_prefix(blank + 1);
    }
    return time && year;
}

Result<void> read_maildir(const fs::path& root, const std::string& into, const OnMail& on_mail) {
    std::error_code error;
    if (!fs::is_directory(root / "cur", error) && !fs::is_directory(root / "new", error))
        return Failure(1, fmt::format("{} is no maildir: it has neither cur/ nor new/", root.string()));
    const std::string top = into.empty() ? "INBOX" : into;
    auto done = read_maildir_folder(root, top, on_mail);
    if (!done) return done;
    for (const fs::path& path : sorted_entries(root)) {
        const std::string name = path.filename().string();
        if (name.size() < 2 || name[0] != '.' || !fs::is_directory(path / "cur", error)) continue;
        std::string folder = name.substr(1);  // Maildir++: ".Work.2026" is Work/2026
        std::ranges::replace(folder, '.', '/');
        done = read_maildir_folder(path, into.empty() ? folder : into + "/" + folder, on_mail);
        if (!done) return done;
    }
    return {};
}

Result<void> read_mbox(const fs::path& file, const std::string& into, const OnMail& on_mail) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return Failure(1, fmt::format("cannot read {}", file.string()));
    std::string line, octets;
    bool any = false, after_empty = true;
    const auto finish = [&]() -> Result<void> {
        if (!any) return {};
        if (octets.ends_with("\r\n\r\n"))
            octets.resize(octets.size() - 2);  // the empty line before "From " is not mail
        MailFile mail;
        mail.folder = into.empty() ? "INBOX" : into;
        mail.octets = std::exchange(octets, {});
        add_status_flags(mail.octets, mail.flags);
        return on_mail(std::move(mail));
    };
    while (std::getline(in, line)) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (after_empty && is_from_line(line)) {
            auto done = finish();
            if (!done) return done;
            any = true;
            after_empty = false;
            continue;
        }
        after_empty = line.empty();
        if (!any) {
            if (line.empty()) continue;
            return Failure(
                1, fmt::format("{} is no mbox: its first line does not begin with From", file.string()));
        }
        // mboxrd: one '>' comes off every quoted "From " line.
        const auto quotes = line.find_first_not_of('>');
        const bool quoted =
            quotes != std::string::npos && quotes > 0 && line.compare(quotes, 5, "From ") == 0;
        octets.append(line, quoted ? 1 : 0, std::string::npos);
        octets += "\r\n";
    }
    return finish();
}

Result<void> read_eml(const fs::path& root, const std::string& into, const OnMail& on_mail) {
    std::error_code error;
    std::vector<fs::path> files;
    if (fs::is_regular_file(root, error)) {
        files.push_back(root);
    } else {
        for (const auto& entry : fs::recursive_directory_iterator(root, error)) {
            if (entry.is_regular_file() && entry.path().extension() == ".eml") files.push_back(entry.path());
        }
        if (error) return Failure(1, fmt::format("cannot read {}: {}", root.string(), error.message()));
        std::ranges::sort(files);
    }
    for (const fs::path& path : files) {
        auto octets = read_file(path);
        if (!octets) return octets.error();
        MailFile mail;
        const std::string below =
            path == root ? "" : path.parent_path().lexically_relative(root).generic_string();
        mail.folder = into.empty() ? "INBOX" : into;
        if (!below.empty() && below != ".") mail.folder = into.empty() ? below : into + "/" + below;
        mail.date = modified(path);
        mail.octets =
            octets->find("\r\n") == std::string::npos ? base::with_crlf(*octets) : std::move(*octets);
        auto taken = on_mail(std::move(mail));
        if (!taken) return taken;
    }
    return {};
}

}  // namespace cli
