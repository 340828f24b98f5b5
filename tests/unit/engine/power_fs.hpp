// PowerFs: a rocksdb::FileSystem that acts out a power cut and a failing disk inside one process.
//
// cut(): every octet that was appended since its file's last sync is gone (or, torn, a part of it stays, cut
// at a sector); files made since their folder's last sync are gone; whoever writes from then on waits for
// ever, as with the power gone: the process ends by _exit(). fail_from(): the n-th write or sync from now and
// all later ones fail. Renames and deletions count as durable at once.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

namespace store::engine {

class PowerFs final : public rocksdb::FileSystemWrapper {
public:
    using Status = rocksdb::IOStatus;
    using Debug = rocksdb::IODebugContext*;

    PowerFs() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
    const char* Name() const override { return "PowerFs"; }

    /// Undoes what was not synced, and stops all that writes. \returns the octets that were lost
    std::uint64_t cut(std::uint64_t seed, bool torn);
    void fail_from(long operations_from_now, Status with);
    /// Calls `then` in place of the n-th write or sync from now; it calls cut() and ends the process.
    void stop_at(long operations_from_now, std::function<void()> then);

    Status NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result, Debug debug) override;
    Status NewDirectory(const std::string& name, const rocksdb::IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* result, Debug debug) override;
    Status RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                      Debug debug) override;
    Status DeleteFile(const std::string& name, const rocksdb::IOOptions& options, Debug debug) override;

private:
    class File;
    class Folder;
    struct Extent {
        std::uint64_t written = 0, synced = 0;
    };
    /// One operation that changes the disk: while it lives, the power stays.
    class Operation {
    public:
        explicit Operation(PowerFs& fs);
        bool ok() const { return status_.ok(); }
        const Status& failure() const { return status_; }

    private:
        std::shared_lock<std::shared_mutex> power_;
        Status status_;
    };

    std::shared_mutex power_;  // held alone from cut() on
    std::mutex mutex_;         // all below
    long failing_in_ = -1;     // operations until the disk fails; -1: it does not
    long stopping_in_ = -1;
    std::function<void()> then_;
    Status failure_;
    std::map<std::string, Extent> files_;
    std::map<std::string, std::set<std::string>> unsynced_names_;  // of a folder
};

}  // namespace store::engine
