// ENABLE: RFC 9051 section 6.3.1, RFC 5161. NAMESPACE: RFC 9051 section 6.3.10, RFC 2342.
#include <algorithm>

#include "imap/notifier.hpp"
#include "imap/session.hpp"

namespace imap {

/// RFC 9586 section 3: no message numbers from now on, so no updates of results that are made of them.
void Session::refuse_numbered_contexts() {
    if (!selected_) return;
    std::erase_if(selected_->contexts, [this](const UpdateContext& context) {
        if (!context.search->uid) refuse_updates(context.tag);
        return !context.search->uid;
    });
}

awaitable<Reply> Session::handle(cmd::Enable enable) {
    std::vector<std::string> enabled;
    for (const std::string& capability : enable.capabilities) {
        if (capability == "IMAP4REV2") {
            rev2_ = true;
            enabled.emplace_back("IMAP4rev2");
        } else if (capability == "CONDSTORE") {
            enable_condstore();
            enabled.emplace_back("CONDSTORE");
        } else if (capability == "QRESYNC") {
            // RFC 7162 section 3.2.3: CONDSTORE with it, whether it is named or not.
            qresync_ = true;
            enable_condstore();
            enabled.emplace_back("QRESYNC");
        } else if (capability == "UIDONLY") {
            uid_only_ = true;
            refuse_numbered_contexts();
            enabled.emplace_back("UIDONLY");
        } else if (capability == "METADATA" || capability == "METADATA-SERVER") {
            // RFC 5464 section 4.1: by the name of what is announced.
            co_await watch_annotations();
            if (std::ranges::find(enabled, "METADATA") == enabled.end()) enabled.emplace_back("METADATA");
        } else if (capability == "UTF8=ACCEPT") {
            // RFC 6855 section 3 forbids it while a mailbox is selected, and so does the command table.
            utf8_ = true;
            enabled.emplace_back("UTF8=ACCEPT");
        }
    }
    write_enabled(out(), enabled);  // also when empty: clients lose mail without it (imap.md quirk 26)
    co_return ok("Enabled");
}

awaitable<Reply> Session::handle(cmd::Namespace) {
    NamespaceResponse response;
    response.personal.push_back(NamespaceResponse::Entry{});
    if (services_.directory != nullptr) {
        NamespaceResponse::Entry others, shared;
        others.prefix = others_prefix;
        shared.prefix = public_prefix;
        response.other_users.push_back(others);
        response.shared.push_back(shared);
    }
    write_namespace(out(), response, write_mode());
    co_return ok("Namespace completed");
}

}  // namespace imap
