// The real socket: only its owner may open it, and that is all the permission there is.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

#include "fixture.hpp"
#include "support/certificates.hpp"

namespace admin {
namespace {

std::string ask_socket(const std::string& path, std::string_view request) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path.copy(to.sun_path, sizeof to.sun_path - 1);
    std::string answer;
    if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 &&
        ::send(fd, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
        ::shutdown(fd, SHUT_WR);
        std::array<char, 4096> piece{};
        for (ssize_t n = 0; (n = ::recv(fd, piece.data(), piece.size(), 0)) > 0;)
            answer.append(piece.data(), static_cast<std::size_t>(n));
    }
    ::close(fd);
    return answer;
}

TEST_F(AdminTest, TheSocketIsItsOwnersAlone) {
    const support::TemporaryFolder folder;
    const std::string path = (folder.path() / "admin.sock").string();
    net::ListenerConfig config;
    config.name = config.protocol = "admin";
    config.addresses = {"unix:" + path};
    const net::Serve serve_admin = [this](std::unique_ptr<net::Connection> connection) {
        return serve(std::move(connection), services, limits);
    };
    ASSERT_EQ(server->add_listener(config, serve_admin), "");
    struct stat facts{};
    ASSERT_EQ(::stat(path.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0600U);
    EXPECT_EQ(facts.st_uid, ::geteuid());
    std::thread running([&] { server->run(2); });
    const Json answer = Json::parse(ask_socket(path, "{\"op\":\"status\"}\n"), nullptr, false);
    EXPECT_EQ(answer["result"]["connections"]["open"], 1);
    EXPECT_EQ(ask_socket(path, "{\"op\":\"sta"), "");  // the server is none the worse for it
    EXPECT_NE(ask_socket(path, "{\"op\":\"status\"}\n"), "");
    server->stop();
    running.join();
}

}  // namespace
}  // namespace admin
