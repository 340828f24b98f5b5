// The blob half of the in-memory engine's state, and its power cut.
#include <algorithm>

#include "store/engine/memory/memory_state.hpp"

namespace store::engine {
namespace {
const Error no_blob{Errc::not_found, "no such blob"};
constexpr std::uint64_t visible_from = 512U
                                       << 10;  // octets of an unfinished blob that an engine keeps to itself
}  // namespace

std::shared_ptr<const std::string> MemoryBlobWriter::seal() {
    if (sealed_ == nullptr) sealed_ = std::make_shared<const std::string>(std::move(octets_));
    return sealed_;
}

awaitable<Result<void>> MemoryBlobWriter::write(std::string_view octets) {
    const Fault fault = state_->next_step(Op::blob_write);
    if (fault == Fault::unavailable || fault == Fault::no_space) failed_ = true;
    if (fault == Fault::no_space) co_return Error(Errc::no_space, "no space left");
    if (failed_) co_return Error(Errc::unavailable, "the store cannot answer now");
    if (sealed_ != nullptr) co_return Error(Errc::invalid, "the blob is finished");
    octets_.append(octets);
    size_ += octets.size();
    if (size_ >= visible_from) state_->note_unfinished(id_, size_);
    co_return Result<void>();
}

Result<std::uint64_t> MemoryState::blob_size(base::BlobId blob) const {
    const std::lock_guard lock(mutex_);
    const auto found = live_.blobs.find(blob);
    if (found == live_.blobs.end()) return no_blob;
    return std::uint64_t{found->second.octets->size()};
}

Result<std::string> MemoryState::blob_read(base::BlobId blob, std::uint64_t offset,
                                           std::size_t length) const {
    std::shared_ptr<const std::string> octets;
    {
        const std::lock_guard lock(mutex_);
        const auto found = live_.blobs.find(blob);
        if (found == live_.blobs.end()) return no_blob;
        octets = found->second.octets;
    }
    if (offset >= octets->size()) return std::string();
    return octets->substr(offset, length);
}

Result<void> MemoryState::untag(std::span<const Tag> tags) {
    const std::lock_guard lock(mutex_);
    for (const Tag& tag : tags) {
        const auto found = live_.blobs.find(tag.blob);
        if (found == live_.blobs.end()) continue;
        found->second.tags.erase(tag.tag);
        if (found->second.tags.empty()) live_.blobs.erase(found);
    }
    return {};
}

Result<std::vector<std::string>> MemoryState::blob_tags(base::BlobId blob, const std::string& from,
                                                        std::size_t max) const {
    const std::lock_guard lock(mutex_);
    const auto found = live_.blobs.find(blob);
    if (found == live_.blobs.end()) return no_blob;
    const auto& tags = found->second.tags;
    std::vector<std::string> out;
    for (auto at = tags.lower_bound(from); at != tags.end() && out.size() < max; ++at) out.push_back(*at);
    return out;
}

std::vector<Engine::BlobInfo> MemoryState::blob_list(base::BlobId after, std::size_t max) const {
    const std::lock_guard lock(mutex_);
    std::vector<Engine::BlobInfo> blobs;
    auto whole = live_.blobs.upper_bound(after);
    for (; whole != live_.blobs.end() && blobs.size() < max; ++whole) {
        blobs.push_back({.id = whole->first, .finished = true, .size = whole->second.octets->size()});
    }
    auto part = live_.unfinished.upper_bound(after);
    for (std::size_t n = 0; part != live_.unfinished.end() && n < max; ++part, ++n) {
        blobs.push_back({.id = part->first, .finished = false, .size = part->second});
    }
    std::ranges::sort(blobs, {}, &Engine::BlobInfo::id);
    if (blobs.size() > max) blobs.resize(max);
    return blobs;
}

void MemoryState::blob_remove(base::BlobId blob) {
    const std::lock_guard lock(mutex_);
    live_.blobs.erase(blob);
    live_.unfinished.erase(blob);
}

void MemoryState::note_unfinished(base::BlobId blob, std::uint64_t size) {
    const std::lock_guard lock(mutex_);
    live_.unfinished[blob] = size;
}

void MemoryState::forget_unfinished(base::BlobId blob) {
    const std::lock_guard lock(mutex_);
    live_.unfinished.erase(blob);
}

MemoryImagePtr MemoryState::power_cut(Unsynced unsynced) const {
    const std::lock_guard lock(mutex_);
    auto image = std::make_shared<MemoryImage>(live_);
    if (unsynced == Unsynced::lost) {
        image->blobs = durable_;
        image->unfinished.clear();
    }
    return image;
}

std::uint64_t MemoryState::blobs() const {
    const std::lock_guard lock(mutex_);
    return live_.blobs.size();
}

}  // namespace store::engine
