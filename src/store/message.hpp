// Messages as they come in (MessageWriter, Content, Incoming) and as they are read (Detail).
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/ids.hpp"
#include "store/error.hpp"
#include "store/flags.hpp"
#include "store/snapshot.hpp"

namespace store {

using boost::asio::awaitable;

/// A complete message, written and indexed but in no folder yet. One content may be delivered to any number
/// of folders, which then share its blob. Opaque; made by MessageWriter, dropped without trace when nobody
/// takes it.
class Content {
public:
    virtual ~Content() = default;
    virtual std::uint64_t size() const = 0;             ///< octets
    virtual std::uint64_t header_bytes() const = 0;     ///< including the empty line
    virtual std::uint32_t received_fields() const = 0;  ///< Received: fields, for loop detection
};
using ContentPtr = std::shared_ptr<const Content>;

/// Takes a message as it arrives: compresses, indexes, writes in bounded memory. Octets are kept as they are.
class MessageWriter {
public:
    virtual ~MessageWriter() = default;  // unfinished: nothing is kept
    /// \errors no_space, unavailable, limit (StoreLimits::message_bytes_max)
    virtual awaitable<Result<void>> write(std::string_view octets) = 0;
    virtual std::uint64_t size() const = 0;
    /// Called once, last.
    virtual awaitable<Result<ContentPtr>> finish() = 0;
};

/// A message on its way into one folder.
struct Incoming {
    ContentPtr content;
    std::string
        prefix;  ///< header fields of this copy only (Return-Path, Delivered-To …), each ending in CRLF
    NamedFlags flags;
    std::optional<std::int64_t> internal_date;  ///< seconds since 1970; now when absent

    Incoming() = default;
    explicit Incoming(ContentPtr what) : content(std::move(what)) {}
};

/// The immutable facts of one message, read from its static row. Views point into the row that it owns.
class Detail {
public:
    Uid uid;
    base::MessageId id;
    base::BlobId blob;
    std::uint64_t size = 0;          ///< of the whole message: prefix and blob
    std::uint64_t header_bytes = 0;  ///< of the whole message's header section: prefix, fields and empty line
    std::string_view prefix;         ///< header fields before the blob's octets
    std::string_view envelope;       ///< RFC 9051 ENVELOPE, parenthesised, safe for any client (7-bit)
    std::string_view body_structure;  ///< RFC 9051 BODYSTRUCTURE with extension data, parenthesised, 7-bit
    std::string_view tree;       ///< mime::decode_tree() gives the parts; offsets count from the blob's start
    std::string_view preview;    ///< UTF-8, ≤ 256 characters (RFC 8970)
    std::string_view sort_keys;  ///< for SORT and THREAD: decode_sort_keys() of store/static_record.hpp
    /// Its row cannot be read and could not be made anew: the texts are those of an opaque message of the
    /// size that the folder knows, and read() answers corrupt.
    bool damaged = false;
    bool has_eight_bit_header = false;  ///< the envelope was made 7-bit: a UTF-8 session may want it anew

    std::string row;  ///< what the views point into; do not change
    Detail() = default;
    Detail(Detail&&) = delete;  // views would dangle for short rows
    Detail& operator=(Detail&&) = delete;
};
using DetailPtr = std::shared_ptr<const Detail>;

}  // namespace store
