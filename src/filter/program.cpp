#include "filter/program.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"
#include "filter/spool.hpp"
#include "store/offload.hpp"

namespace filter {
namespace asio = boost::asio;
namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);
using Descriptor = asio::posix::basic_stream_descriptor<asio::any_io_executor>;

std::string cleaned(std::string_view text, std::size_t most) {
    std::string out(text.substr(0, most));
    std::ranges::replace_if(
        out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
    return out;
}

/// Owns a descriptor.
class File {
public:
    explicit File(int descriptor = -1) : descriptor_(descriptor) {}
    File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    File& operator=(File&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~File() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    int get() const { return descriptor_; }
    int release() { return std::exchange(descriptor_, -1); }

private:
    int descriptor_;
};

struct Started {
    pid_t pid = -1;
    int process = -1;  ///< pidfd
    int output = -1;   ///< our end of the pipe
    int error = 0;
};

/// The attributes and actions of posix_spawn, destroyed with it.
struct Plan {
    posix_spawn_file_actions_t actions{};
    posix_spawnattr_t attributes{};
    Plan() {
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawnattr_init(&attributes);
    }
    ~Plan() {
        ::posix_spawn_file_actions_destroy(&actions);
        ::posix_spawnattr_destroy(&attributes);
    }
    Plan(const Plan&) = delete;
    Plan& operator=(const Plan&) = delete;
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> out;
    out.reserve(texts.size() + 1);
    for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
    out.push_back(nullptr);
    return out;
}

/// Standard input, output and error are all that it gets of our descriptors; signals are as in a fresh
/// process; it leads a group of its own, so that it can be ended with all that it has started.
Started start(const std::vector<std::string>& argv, const std::vector<std::string>& environment, int input) {
    Started out;
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        out.error = errno;
        return out;
    }
    File reader(ends[0]), writer(ends[1]);
    Plan plan;
    ::posix_spawn_file_actions_adddup2(&plan.actions, input, 0);
    ::posix_spawn_file_actions_adddup2(&plan.actions, writer.get(), 1);
    ::posix_spawn_file_actions_adddup2(&plan.actions, writer.get(), 2);
    ::posix_spawn_file_actions_addclosefrom_np(&plan.actions, 3);
    ::posix_spawn_file_actions_addchdir_np(&plan.actions, "/");
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&plan.attributes, &none);
    ::posix_spawnattr_setsigdefault(&plan.attributes, &all);
    ::posix_spawnattr_setpgroup(&plan.attributes, 0);
    ::posix_spawnattr_setflags(&plan.attributes,
                               POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    const std::vector<char*> arguments = pointers(argv), variables = pointers(environment);
    out.error = ::posix_spawn(&out.pid, argv.front().c_str(), &plan.actions, &plan.attributes,
                              arguments.data(), variables.data());
    if (out.error != 0) return out;
    out.process = static_cast<int>(::syscall(SYS_pidfd_open, out.pid, 0));
    if (out.process < 0) {
        out.error = errno;
        ::kill(-out.pid, SIGKILL);
        ::waitpid(out.pid, nullptr, 0);
        return out;
    }
    ::fcntl(out.process, F_SETFD, FD_CLOEXEC);
    out.output = reader.release();
    return out;
}

/// One running program: its end, its output, its time. Kept by its pending handlers, all on one strand.
class Child : public std::enable_shared_from_this<Child> {
public:
    Child(const asio::any_io_executor& executor, const Started& started, std::size_t output_max)
        : pid_(started.pid),
          process_(executor, started.process),
          output_(executor, started.output),
          timer_(executor),
          output_max_(output_max) {
        // By its own call: else it would wait in read_some() for what is not there.
        boost::system::error_code ignored;
        output_.non_blocking(true, ignored);
    }

    ~Child() {
        if (reaped_) return;  // else the io_context goes before it
        ::kill(-pid_, SIGKILL);
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    void begin(std::chrono::milliseconds time_max) {
        read();
        timer_.expires_after(time_max);
        timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (error || self->reaped_) return;
            self->timed_out_ = true;
            ::kill(-self->pid_, SIGKILL);  // the group is its own until it is reaped
        });
    }
    awaitable<Ran> end() {
        const auto [error] = co_await process_.async_wait(Descriptor::wait_read, no_throw);
        Ran out;
        if (error) {  // the io_context is going
            ::kill(-pid_, SIGKILL);
            timed_out_ = true;
        }
        siginfo_t info{};
        while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED) != 0 && errno == EINTR) {
        }
        reaped_ = true;
        timer_.cancel();
        drain();
        boost::system::error_code ignored;
        output_.close(ignored);  // what it left running may hold the other end
        out.end = timed_out_                   ? Ran::End::timed_out
                  : info.si_code == CLD_EXITED ? Ran::End::exited
                                               : Ran::End::killed;
        out.status = info.si_status;
        out.output = cleaned(std::string_view(text_).substr(0, text_.find_first_of("\r\n")), output_max_);
        co_return out;
    }

private:
    /// Waits only: all that is read is read here, on the strand, so that nothing is on its way when it ends.
    void read() {
        output_.async_wait(Descriptor::wait_read,
                           [self = shared_from_this()](const boost::system::error_code& error) {
                               if (error || self->reaped_) return;
                               const bool open = self->read_some();
                               if (open) self->read();
                           });
    }
    /// False: that was all, for now or for ever.
    bool read_some() {
        boost::system::error_code error;
        const std::size_t octets = output_.read_some(asio::buffer(block_), error);
        text_.append(block_.data(), std::min(octets, output_max_ - std::min(output_max_, text_.size())));
        return octets != 0 || error == asio::error::would_block;
    }
    /// What was written last and is still in the pipe.
    void drain() {
        for (int i = 0; i < 16 && text_.size() < output_max_; ++i) {
            const std::size_t before = text_.size();
            read_some();
            if (text_.size() == before) return;
        }
    }

    const pid_t pid_;
    Descriptor process_, output_;
    asio::steady_timer timer_;
    const std::size_t output_max_;
    std::array<char, 4096> block_{};
    std::string text_;
    bool reaped_ = false, timed_out_ = false;
};

/// The message as a file at its beginning: small ones in memory. -1: it cannot be kept or read.
awaitable<int> input_of(asio::thread_pool& pool, std::string folder, MessagePtr message) {
    const bool small = message->size() <= Spool::memory_bytes_max;
    auto open = [&folder, small] {
        return small ? ::memfd_create("message", MFD_CLOEXEC) : open_unnamed_file(folder);
    };
    File file(co_await store::offload(pool, std::move(open)));
    if (file.get() < 0) co_return -1;
    std::uint64_t at = 0;
    while (at < message->size()) {
        auto piece = co_await message->read(at, piece_bytes);
        if (!piece || piece->empty()) co_return -1;
        at += piece->size();
        const int descriptor = file.get();
        auto write = [descriptor, &piece] { return write_all(descriptor, *piece); };
        const bool written = co_await store::offload(pool, std::move(write));
        if (!written) co_return -1;
    }
    if (::lseek(file.get(), 0, SEEK_SET) != 0) co_return -1;
    co_return file.release();
}

}  // namespace

std::string Ran::text() const {
    switch (end) {
        case End::exited:
            return "exit status " + std::to_string(status);
        case End::killed:
            return "killed by signal " + std::to_string(status);
        case End::timed_out:
            return "not done in time";
        case End::no_room:
            return "too many wait for it";
        case End::not_started:
            break;
    }
    return "not started";
}

std::vector<std::string> environment_of(const Facts& facts, const ProgramLimits& limits) {
    std::vector<std::string> out{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8"};
    const auto add = [&](const char* name, std::string_view value, std::size_t most) {
        out.push_back(std::string(name) + "=" + cleaned(value, most));
    };
    const std::size_t most = limits.variable_bytes_max;
    add("BARID_QUEUE_ID", facts.queue_id, most);
    add("BARID_CLIENT", facts.client ? facts.client->text() : std::string(), most);
    add("BARID_CLIENT_NAME", facts.client_name, most);
    add("BARID_HELO", facts.helo, most);
    add("BARID_ACCOUNT", facts.account, most);
    add("BARID_SENDER", facts.sender, most);
    std::string all;
    for (const std::string& one : facts.recipients) {
        if (all.size() + one.size() > limits.recipients_bytes_max) break;
        all.append(all.empty() ? "" : " ").append(one);
    }
    add("BARID_RECIPIENTS", all, limits.recipients_bytes_max);
    add("BARID_SPF", facts.authentication.spf, most);
    add("BARID_DKIM", facts.authentication.dkim, most);
    add("BARID_DMARC", facts.authentication.dmarc, most);
    return out;
}

std::vector<std::string> split_words(std::string_view line) {
    std::vector<std::string> out;
    std::string word;
    bool quoted = false, any = false;
    for (const char c : line) {
        if (c == '"') {
            quoted = !quoted;
            any = true;
        } else if ((c == ' ' || c == '\t') && !quoted) {
            if (any) out.push_back(std::exchange(word, {}));
            any = false;
        } else {
            word += c;
            any = true;
        }
    }
    if (quoted) return {};
    if (any) out.push_back(std::move(word));
    return out;
}

awaitable<Ran> Programs::run(std::shared_ptr<const ProgramSettings> settings, std::shared_ptr<Turns> turns,
                             FactsPtr facts, MessagePtr message) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    Ran failed;
    const Turns::Turn turn = co_await turns->take();
    if (!turn) {
        failed.end = Ran::End::no_room;
        co_return failed;
    }
    const int input = co_await input_of(pool_, settings->folder, std::move(message));
    if (input < 0) {
        failed.output = "no room for the message";
        co_return failed;
    }
    const std::vector<std::string> environment = environment_of(*facts, limits_);
    auto work = [&settings, &environment, input] {
        Started started = start(settings->argv, environment, input);
        ::close(input);
        return started;
    };
    const Started started = co_await store::offload(pool_, std::move(work));
    if (started.error != 0) {
        failed.output = std::strerror(started.error);
        base::log::error("filter", "a program cannot be started",
                         {{"program", settings->argv.front()}, {"error", failed.output}});
        co_return failed;
    }
    const auto child = std::make_shared<Child>(executor, started, limits_.output_bytes_max);
    child->begin(settings->time_max);
    Ran ran = co_await child->end();
    co_return ran;
}

}  // namespace filter
