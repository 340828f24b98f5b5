// SendMail, SmartReply and SmartForward: MS-ASCMD sections 2.2.2.15, 2.2.2.18, 2.2.2.19.
#pragma once
#include <string_view>

#include "eas/syntax/command.hpp"
#include "wbxml/document.hpp"

namespace eas {

struct ComposeRequest {
    std::string_view client_id;
    std::string_view message;                                   ///< octets
    std::string_view folder_id, item_id, long_id, instance_id;  ///< what it answers or forwards
    bool save_in_sent = false;
    bool replace = false;  ///< the message is whole as it is
    int status = 1;        ///< else a common status: what is wrong
};
ComposeRequest parse_compose(wbxml::Element root, Command command);

}  // namespace eas
