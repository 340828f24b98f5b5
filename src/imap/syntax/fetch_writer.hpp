// FetchWriter: one untagged FETCH response after another, appended to the output. RFC 9051 section 7.5.2.
//
//   FetchWriter fetch(out);
//   fetch.begin(seq);
//   fetch.uid(uid);
//   fetch.flags(entry.flags.low(), entry.flags.high(), keywords, recent);
//   fetch.end();
//
// Makes no temporary strings: FETCH 1:* (UID FLAGS) of a large mailbox is the hot path of synchronising
// clients.
#pragma once
#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "imap/syntax/fetch_item.hpp"
#include "imap/syntax/response.hpp"

namespace imap {

class FetchWriter {
public:
    explicit FetchWriter(std::string& out) : out_(out) {}

    void begin(base::SeqNum seq);          ///< "* 12 FETCH ("
    void begin(base::Uid uid);             ///< "* 25 UIDFETCH (": RFC 9586 section 3.3
    void end();                            ///< ")" CRLF
    bool empty() const { return first_; }  ///< nothing was written since begin(): "FETCH ()" is no grammar

    void uid(base::Uid uid);
    /// \param low, high a store::FlagSet: bits 0–4 the system flags as FlagList::Bit, keywords from bit 8 on.
    /// \param keywords what has name(index): store::Keywords.
    template <class Keywords>
    void flags(std::uint64_t low, std::uint64_t high, const Keywords& keywords, bool recent = false) {
        open_flags(static_cast<std::uint8_t>(low & 31U), recent);
        for (std::uint64_t bits = low >> 8U; bits != 0; bits &= bits - 1)
            keyword(keywords.name(static_cast<unsigned>(std::countr_zero(bits))));
        for (std::uint64_t bits = high; bits != 0; bits &= bits - 1)
            keyword(keywords.name(static_cast<unsigned>(std::countr_zero(bits)) + 56U));
        close_flags();
    }
    /// \param zone_minutes east of Greenwich.
    void internal_date(std::int64_t unix_seconds, int zone_minutes = 0);
    void save_date(std::optional<std::int64_t> unix_seconds);  ///< RFC 8514; absent: NIL
    void size(std::uint64_t octets);
    void mod_seq(base::ModSeq mod_seq);
    /// ENVELOPE, BODY, BODYSTRUCTURE: `parenthesised` is ready text from mime or the store.
    void envelope(std::string_view parenthesised) { ready("ENVELOPE ", parenthesised); }
    void body(std::string_view parenthesised) { ready("BODY ", parenthesised); }
    void body_structure(std::string_view parenthesised) { ready("BODYSTRUCTURE ", parenthesised); }
    void email_id(std::string_view id) { object_id("EMAILID (", id); }
    void thread_id(std::string_view id);  ///< empty: NIL. RFC 8474
    void gm_message_id(std::uint64_t id);
    void gm_thread_id(std::uint64_t id);
    void preview(std::optional<std::string_view> text, WriteMode mode);

    /// The label of a section and the head of its literal: "BODY[1.TEXT]<0> {342}" CRLF, or "BINARY[1] ~{5}"
    /// CRLF. The caller appends exactly `octets` octets next, in as many pieces as it likes (flushing between
    /// them).
    /// \param literal8 for BINARY: the octets may hold NUL, which only "~{" announces (RFC 3516 section 4.4).
    void literal(const FetchSection& what, std::uint64_t octets, bool literal8 = true);
    /// The same when the part does not exist: NIL (an empty one is literal(what, 0)). RFC 9051 section 6.4.5.
    void absent(const FetchSection& what);
    /// Whole section at once.
    void section(const FetchSection& what, std::string_view octets) {
        literal(what, octets.size());
        out_.append(octets);
    }
    void binary_size(const FetchSection& what, std::uint64_t octets);

private:
    void space() {
        if (!first_) out_.push_back(' ');
        first_ = false;
    }
    void ready(std::string_view label, std::string_view text);
    void object_id(std::string_view label, std::string_view id);
    void open_flags(std::uint8_t system, bool recent);
    void keyword(std::string_view name);
    void close_flags() { out_.push_back(')'); }
    void item(std::string_view name, std::uint64_t number, std::string_view closing);

    std::string& out_;
    bool first_ = true;       ///< no item written yet in this response
    bool first_flag_ = true;  ///< no flag written yet in this list
};

/// "BODY[1.HEADER.FIELDS (DATE FROM)]<0>" as it stands in a request's reply: without ".PEEK", with the
/// partial's offset only.
void write_section_label(std::string& out, const FetchSection& what);

}  // namespace imap
