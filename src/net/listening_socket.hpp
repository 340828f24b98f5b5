// Opens listening sockets. Plain functions over the system's calls; a fault is told as text for the operator.
#pragma once
#include <string>

#include "net/address.hpp"

namespace net {

struct ListeningSocket {
    int descriptor = -1;
    SocketAddress bound;    ///< with the port that was taken
    std::string unix_path;  ///< to be removed at the end
    std::string fault;      ///< "127.0.0.1:143: Address already in use"; then descriptor is -1
};

ListeningSocket open_listening_socket(const std::string& address);

}  // namespace net
