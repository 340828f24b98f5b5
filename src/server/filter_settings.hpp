// From configuration to filters: what src/config cannot know is right.
#pragma once
#include <string>
#include <vector>

#include "config/config.hpp"
#include "filter/settings.hpp"

namespace server {

/// A value that no filter can use; `key` as settings have it ("rule[1].if").
struct FilterFault {
    std::string key, text;
    FilterFault(std::string which, std::string what) : key(std::move(which)), text(std::move(what)) {}
};

/// `faults` gets all that is wrong; the settings are whole only without any. Reads rspamd's password.
filter::Settings filter_settings(const config::Config& config, std::vector<FilterFault>& faults);

}  // namespace server
