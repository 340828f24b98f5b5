#include "mta/trace.hpp"

#include <algorithm>
#include <charconv>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>
#include <unordered_set>

#include <fmt/format.h>

#include "base/ascii.hpp"
#include "base/log.hpp"
#include "base/utf8.hpp"
#include "store/offload.hpp"

namespace mta {
namespace {

constexpr std::chrono::milliseconds gather_for{250};

/// The value of a text field in a line that add() made; the line's own writing, so escapes are compared as
/// they are.
std::string_view field_of(std::string_view line, std::string_view key) {
    const auto at = line.find(key);
    if (at == std::string_view::npos) return {};
    const std::string_view rest = line.substr(at + key.size());
    return rest.substr(0, rest.find('"'));
}

std::string json_inside(std::string_view text) {
    std::string quoted;
    append_json(quoted, text);
    return quoted.substr(1, quoted.size() - 2);
}

}  // namespace

void append_json(std::string& out, std::string_view text) {
    const bool good = base::is_utf8(text);
    out += '"';
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (octet < 0x20 || octet == 0x7F || (octet >= 0x80 && !good)) {
            out += fmt::format("\\u{:04x}", octet);
        } else {
            out += c;
        }
    }
    out += '"';
}

Trace::Trace(TraceSettings settings, const base::Clock& clock)
    : settings_(std::move(settings)), clock_(clock) {
    if (settings_.folder.empty()) return;
    std::error_code error;
    std::filesystem::create_directories(settings_.folder, error);
    std::filesystem::permissions(settings_.folder, std::filesystem::perms::owner_all, error);
    readers_ = std::make_unique<boost::asio::thread_pool>(1);
    writer_ = std::thread([this] { write_lines(); });
}

Trace::~Trace() {
    if (!readers_) return;
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    something_.notify_one();
    writer_.join();
    readers_->join();
    write_out();
    if (file_ >= 0) ::close(file_);
}

void Trace::add(std::string_view id, std::string_view event, std::initializer_list<Field> fields) {
    std::string line = fmt::format(R"({{"time":{},"id":"{}","event":"{}")",
                                   base::unix_milliseconds(clock_.now()), id, event);
    for (const Field& field : fields) {
        if (field.value.empty()) continue;
        line += ",\"";
        line += field.key;
        line += "\":";
        append_json(line, field.value);
    }
    line += '}';
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        if (readers_) {
            first = buffer_.empty();
            if (buffer_.size() + line.size() > settings_.buffer_bytes_max) {
                ++dropped_;
            } else {
                buffer_ += line;
                buffer_ += '\n';
            }
        }
        ++number_;
        recent_.push_back(std::move(line));
        if (recent_.size() > settings_.recent_max) recent_.pop_front();
    }
    if (first) something_.notify_one();
}

/// A thread of its own, which lets lines gather.
void Trace::write_lines() {
    std::unique_lock lock(mutex_);
    while (!stop_) {
        something_.wait(lock, [this] { return stop_ || !buffer_.empty(); });
        something_.wait_for(lock, gather_for, [this] { return stop_; });
        lock.unlock();
        write_out();
        lock.lock();
    }
}

void Trace::write_out() {
    // Who takes lines writes them before the next may take some: else they would come in another order.
    const std::lock_guard file_lock(file_mutex_);
    std::string lines;
    {
        const std::lock_guard lock(mutex_);
        lines.swap(buffer_);
    }
    if (lines.empty()) return;
    if (file_ < 0 || file_bytes_ > settings_.file_bytes) open_file();
    for (std::size_t done = 0; file_ >= 0 && done < lines.size();) {
        const auto wrote = ::write(file_, lines.data() + done, lines.size() - done);
        if (wrote <= 0) {
            base::log::warn("mta", "the trace cannot be written");
            break;
        }
        done += static_cast<std::size_t>(wrote);
    }
    file_bytes_ += lines.size();
}

void Trace::open_file() {
    if (file_ >= 0) ::close(file_);
    drop_old();
    const auto name = fmt::format("{:013}.jsonl", base::unix_milliseconds(clock_.now()));
    file_ = ::open((settings_.folder / name).c_str(), O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0600);
    file_bytes_ = 0;
    if (file_ < 0) base::log::warn("mta", "no file for the trace", {{"folder", settings_.folder.string()}});
}

std::vector<std::filesystem::path> Trace::files() const {
    std::vector<std::filesystem::path> out;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(settings_.folder, error))
        if (entry.path().extension() == ".jsonl") out.push_back(entry.path());
    std::ranges::sort(out);
    return out;
}

void Trace::drop_old() {
    std::vector<std::filesystem::path> all = files();
    std::error_code error;
    std::uint64_t bytes = settings_.file_bytes;
    std::ranges::reverse(all);
    for (const auto& file : all) {
        bytes += std::filesystem::file_size(file, error);
        if (bytes > settings_.bytes_max) std::filesystem::remove(file, error);
    }
}

boost::asio::awaitable<std::vector<std::string>> Trace::find(TraceQuery query) {
    if (!readers_) co_return std::vector<std::string>();
    auto work = [this, query = std::move(query)] {
        write_out();
        return search(query);
    };
    co_return co_await store::offload(*readers_, std::move(work));
}

/// Three passes: which messages, what the server sends about them, then all steps of these: what names the
/// address is seldom the step one looks for, and what is sent about a message may have steps before it says
/// so.
std::vector<std::string> Trace::search(const TraceQuery& query) {
    std::unordered_set<std::string> wanted;
    std::vector<std::string> out;
    const std::string address = json_inside(base::lowered(query.address));
    const std::string message_id = json_inside(query.message_id);
    if (!query.id.empty()) wanted.insert(query.id);
    const bool by_text = !address.empty() || !message_id.empty();
    const auto each_line = [&](const auto& take) {
        for (const auto& file : files()) {
            std::ifstream in(file);
            for (std::string line; std::getline(in, line);)
                if (!take(line)) return;
        }
    };
    const auto id_of = [](std::string_view line) { return std::string(field_of(line, R"("id":")")); };
    const auto young = [&](std::string_view line) {
        std::int64_t time = 0;
        if (line.starts_with(R"({"time":)"))
            std::from_chars(line.data() + 8, line.data() + line.size(), time);
        return time >= query.since;
    };
    std::deque<std::string> newest;  // the last messages_max that match
    if (by_text || query.id.empty()) {
        each_line([&](const std::string& line) {
            if (!young(line)) return true;
            if (!address.empty() && base::lowered(line).find(address) == std::string::npos) return true;
            if (!message_id.empty() && line.find(message_id) == std::string::npos) return true;
            std::string id = id_of(line);
            if (!query.id.empty() && id != query.id) return true;
            if (!wanted.insert(id).second && query.id.empty()) return true;
            newest.push_back(std::move(id));
            if (newest.size() > query.messages_max) {
                wanted.erase(newest.front());
                newest.pop_front();
            }
            return true;
        });
        if (!query.id.empty() && newest.empty()) return out;
    }
    if (wanted.empty()) return out;
    each_line([&](const std::string& line) {
        const std::string about(field_of(line, R"("about":")"));
        if (!about.empty() && wanted.contains(about)) wanted.insert(id_of(line));
        return true;
    });
    each_line([&](const std::string& line) {
        if (wanted.contains(id_of(line))) out.push_back(line);
        return out.size() < query.lines_max;
    });
    return out;
}

std::pair<std::vector<std::string>, std::uint64_t> Trace::after(std::uint64_t number) const {
    const std::lock_guard lock(mutex_);
    const std::uint64_t first = number_ - recent_.size();
    std::vector<std::string> out;
    for (std::uint64_t at = std::max(number, first); at < number_; ++at) out.push_back(recent_[at - first]);
    return {std::move(out), number_};
}

std::uint64_t Trace::last_number() const {
    const std::lock_guard lock(mutex_);
    return number_;
}

std::uint64_t Trace::dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
}

}  // namespace mta
