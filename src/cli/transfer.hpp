// `barid import` and `barid export`.
#pragma once
#include <string>

#include "cli/admin_client.hpp"

namespace cli {

struct TransferOptions {
    std::string format;  ///< "maildir", "mbox", "eml"
    std::string address;
    std::string path;
    std::string folder;  ///< import: put all below it; export: only this one
    bool json = false;
    bool quiet = false;
};

/// Exit code; prints progress to standard error and counts per folder to standard output.
int run_import(AdminClient client, const TransferOptions& options);
int run_export(AdminClient client, const TransferOptions& options);

}  // namespace cli
