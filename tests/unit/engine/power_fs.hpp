// PowerFs: a rocksdb::FileSystem that acts out a power cut and a failing disk inside one process.
//
// cut(): every octet that was appended since its file's last sync is gone (or, torn, a part of it stays, cut
// at a sector); files made since their folder's last sync are gone. fail_from(): the n-th write or sync from
// now and all later ones fail. Renames and deletions count as durable at once.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
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

    /// From now on no sync succeeds: what is written stays in the memory that is about to lose its power.
    void power_off();
    /// Undoes what was not synced. \returns the octets that were lost
    std::uint64_t cut(std::uint64_t seed, bool torn);
    void fail_from(long operations_from_now, Status with);
    void stop_failing();

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
    enum class Kind : std::uint8_t { write, sync };
    /// Counts one operation that changes the disk. \returns why it fails
    Status operate(Kind kind);

    std::mutex mutex_;
    bool off_ = false;
    long failing_in_ = -1;  // operations until the disk fails; -1: it does not
    Status failure_;
    std::map<std::string, Extent> files_;
    std::map<std::string, std::set<std::string>> unsynced_names_;  // of a folder
};

}  // namespace store::engine
