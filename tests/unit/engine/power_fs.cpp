#include "unit/engine/power_fs.hpp"

#include <algorithm>
#include <filesystem>
#include <random>
#include <unistd.h>
#include <utility>

namespace store::engine {
namespace {

constexpr std::uint64_t sector = 512;

std::string folder_of(const std::string& name) { return std::filesystem::path(name).parent_path().string(); }

}  // namespace

class PowerFs::File final : public rocksdb::FSWritableFileOwnerWrapper {
public:
    File(std::unique_ptr<rocksdb::FSWritableFile> file, std::string name, PowerFs& fs)
        : FSWritableFileOwnerWrapper(std::move(file)), name_(std::move(name)), fs_(fs) {}

    Status Append(const rocksdb::Slice& octets, const rocksdb::IOOptions& options, Debug debug) override {
        const Operation operation(fs_);
        if (!operation.ok()) return operation.failure();
        auto status = FSWritableFileOwnerWrapper::Append(octets, options, debug);
        if (status.ok()) {
            const std::lock_guard lock(fs_.mutex_);
            fs_.files_[name_].written += octets.size();
        }
        return status;
    }
    Status Append(const rocksdb::Slice& octets, const rocksdb::IOOptions& options,
                  const rocksdb::DataVerificationInfo&, Debug debug) override {
        return Append(octets, options, debug);
    }
    Status Sync(const rocksdb::IOOptions& options, Debug debug) override {
        const Operation operation(fs_);
        if (!operation.ok()) return operation.failure();
        auto status = FSWritableFileOwnerWrapper::Sync(options, debug);
        if (status.ok()) synced();
        return status;
    }
    Status Fsync(const rocksdb::IOOptions& options, Debug debug) override {
        const Operation operation(fs_);
        if (!operation.ok()) return operation.failure();
        auto status = FSWritableFileOwnerWrapper::Fsync(options, debug);
        if (status.ok()) synced();
        return status;
    }
    Status RangeSync(std::uint64_t, std::uint64_t, const rocksdb::IOOptions&, Debug) override {
        return Status::OK();  // a hint, and no promise that anything is on the disk
    }

private:
    void synced() {
        const std::lock_guard lock(fs_.mutex_);
        Extent& extent = fs_.files_[name_];
        extent.synced = extent.written;
    }
    std::string name_;
    PowerFs& fs_;
};

class PowerFs::Folder final : public rocksdb::FSDirectory {
public:
    Folder(std::unique_ptr<rocksdb::FSDirectory> folder, std::string name, PowerFs& fs)
        : folder_(std::move(folder)), name_(std::move(name)), fs_(fs) {}
    Status Fsync(const rocksdb::IOOptions& options, Debug debug) override {
        const Operation operation(fs_);
        if (!operation.ok()) return operation.failure();
        auto status = folder_->Fsync(options, debug);
        if (status.ok()) {
            const std::lock_guard lock(fs_.mutex_);
            fs_.unsynced_names_.erase(name_);
        }
        return status;
    }
    std::size_t GetUniqueId(char* id, std::size_t size) const override {
        return folder_->GetUniqueId(id, size);
    }

private:
    std::unique_ptr<rocksdb::FSDirectory> folder_;
    std::string name_;
    PowerFs& fs_;
};

PowerFs::Operation::Operation(PowerFs& fs) {
    std::unique_lock lock(fs.mutex_);
    if (fs.stopping_in_ > 0 && --fs.stopping_in_ == 0) {
        const auto then = std::move(fs.then_);
        lock.unlock();
        then();
        lock.lock();
    }
    lock.unlock();
    power_ = std::shared_lock(fs.power_);
    lock.lock();
    if (fs.failing_in_ > 0) --fs.failing_in_;
    if (fs.failing_in_ == 0) status_ = fs.failure_;
}

void PowerFs::fail_from(long operations_from_now, Status with) {
    const std::lock_guard lock(mutex_);
    failing_in_ = operations_from_now;
    failure_ = std::move(with);
}

void PowerFs::stop_at(long operations_from_now, std::function<void()> then) {
    const std::lock_guard lock(mutex_);
    stopping_in_ = operations_from_now;
    then_ = std::move(then);
}

std::uint64_t PowerFs::cut(std::uint64_t seed, bool torn) {
    power_.lock();  // for ever
    const std::lock_guard lock(mutex_);
    std::mt19937_64 chance(seed);
    std::uint64_t lost = 0;
    for (const auto& [name, extent] : files_) {
        if (extent.written <= extent.synced) continue;
        std::uint64_t kept = extent.synced;
        if (torn) kept = std::max(kept, (kept + chance() % (extent.written - kept + 1)) / sector * sector);
        lost += extent.written - kept;
        if (::truncate(name.c_str(), static_cast<off_t>(kept)) != 0) lost = UINT64_MAX;
    }
    for (const auto& [folder, names] : unsynced_names_) {
        for (const auto& name : names) {
            if (torn && chance() % 2 == 0) continue;  // the disk may have written it all the same
            ::unlink(name.c_str());
        }
    }
    return lost;
}

PowerFs::Status PowerFs::NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                         std::unique_ptr<rocksdb::FSWritableFile>* result, Debug debug) {
    const Operation operation(*this);
    if (!operation.ok()) return operation.failure();
    std::unique_ptr<rocksdb::FSWritableFile> file;
    auto status = target()->NewWritableFile(name, options, &file, debug);
    if (!status.ok()) return status;
    *result = std::make_unique<File>(std::move(file), name, *this);
    const std::lock_guard lock(mutex_);
    files_[name] = Extent();
    unsynced_names_[folder_of(name)].insert(name);
    return status;
}

PowerFs::Status PowerFs::NewDirectory(const std::string& name, const rocksdb::IOOptions& options,
                                      std::unique_ptr<rocksdb::FSDirectory>* result, Debug debug) {
    std::unique_ptr<rocksdb::FSDirectory> folder;
    auto status = target()->NewDirectory(name, options, &folder, debug);
    if (status.ok()) *result = std::make_unique<Folder>(std::move(folder), name, *this);
    return status;
}

PowerFs::Status PowerFs::RenameFile(const std::string& from, const std::string& to,
                                    const rocksdb::IOOptions& options, Debug debug) {
    const Operation operation(*this);
    if (!operation.ok()) return operation.failure();
    auto status = target()->RenameFile(from, to, options, debug);
    if (!status.ok()) return status;
    const std::lock_guard lock(mutex_);
    if (const auto moved = files_.extract(from); !moved.empty()) files_[to] = moved.mapped();
    unsynced_names_[folder_of(from)].erase(from);
    return status;
}

PowerFs::Status PowerFs::DeleteFile(const std::string& name, const rocksdb::IOOptions& options, Debug debug) {
    const Operation operation(*this);
    if (!operation.ok()) return operation.failure();
    auto status = target()->DeleteFile(name, options, debug);
    if (!status.ok()) return status;
    const std::lock_guard lock(mutex_);
    files_.erase(name);
    unsynced_names_[folder_of(name)].erase(name);
    return status;
}

}  // namespace store::engine
