// The routes by which clients find their settings. They say nothing of mailboxes: whoever asks, and for
// whatever address of a domain, gets the same.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "base/clock.hpp"
#include "discovery/profile_signers.hpp"
#include "discovery/settings.hpp"
#include "http/router.hpp"

namespace discovery {

/// The settings of a domain (lower case); nothing: it is none of ours. Runs on the connection's strand.
using SettingsOf = std::function<boost::asio::awaitable<std::optional<Settings>>(std::string domain)>;

/// Adds:
///   /mail/config-v1.1.xml and /.well-known/autoconfig/mail/config-v1.1.xml    Mozilla autoconfig
///   /autodiscover/autodiscover.xml (in any case)                              Outlook, ActiveSync
///   /autodiscover/autodiscover.json and below it (in any case)                Autodiscover V2
///   /mobileconfig                                                             Apple's profile
///   /mobileconfig/qr.svg                                                      its address as a QR code
///   /setup                                                                    all that for people
/// `signers`: of profiles; null: they are not signed. It outlives the routes.
void add_routes(http::Router& router, SettingsOf settings, const base::Clock& clock,
                const ProfileSigners* signers = nullptr);

}  // namespace discovery
