// CATENATE: the parts that URLs name, with the rights of who is logged in. RFC 4469, RFC 5092.
#include "imap/commands/append_run.hpp"
#include "mime/header.hpp"
#include "mime/tree.hpp"

namespace imap {

namespace {

mime::Section section_word(Section::Text text) {
    switch (text) {
        case Section::Text::whole:
            return mime::Section::whole;
        case Section::Text::text:
            return mime::Section::text;
        case Section::Text::mime:
            return mime::Section::mime;
        case Section::Text::header:
        case Section::Text::header_fields:
        case Section::Text::header_fields_not:
            break;
    }
    return mime::Section::header;
}

/// Where the section is in the whole message, prefix included.
std::optional<mime::Range> locate(const Section& what, const store::Detail& detail) {
    const mime::Section word = section_word(what.text);
    if (what.part.empty()) {
        if (word == mime::Section::header) return mime::Range{0, detail.header_bytes};
        if (word == mime::Section::whole) return mime::Range{0, detail.size};
        return mime::Range{detail.header_bytes, detail.size - detail.header_bytes};
    }
    mime::Tree tree;
    if (!mime::decode_tree(detail.tree, tree)) throw base::Bug("the part tree of a message does not decode");
    const auto found = mime::locate(tree, what.part, word);
    if (!found) return std::nullopt;
    return mime::Range{found->offset + detail.prefix.size(), found->bytes};
}

}  // namespace

/// BADURL holds the first URL that is at fault (section 4.1); what the store cannot do now is told as such.
void AppendRun::fail_url(const store::Error& error) {
    if (!error.is(store::Errc::not_found) && !error.is(store::Errc::invalid)) {
        if (!failed()) failed_ = error;
        return;
    }
    fail(no(code::bad_url(url_for_response(url_)), "There is no such message part"));
}

awaitable<AppendRun::End> AppendRun::add_url(std::string url) {
    if (++parts_ > session_.services_.limits.append_parts_max)
        co_return refuse(no(code::limit, "Too many parts in one APPEND"));
    if (failed()) co_return std::nullopt;
    url_ = std::move(url);
    const std::string selected = session_.selected_ ? session_.selected_->name : std::string();
    std::optional<MessageUrl> parsed = parse_message_url(url_, selected);
    if (!parsed) {
        fail_url(store::Error(store::Errc::invalid, ""));
        co_return std::nullopt;
    }
    const bool opened = co_await open_source(*parsed);
    bool more = true;
    if (opened) more = co_await copy_source(std::move(*parsed));
    detail_.reset();
    source_.reset();
    if (!more) co_return gone();
    co_return std::nullopt;
}

/// False: failed() says why.
awaitable<bool> AppendRun::open_source(MessageUrl url) {
    const store::Error nowhere(store::Errc::not_found, "");
    auto place = co_await session_.find(url.mailbox);
    if (!place) {
        fail_url(place.error());
        co_return false;
    }
    // RFC 4314 section 4: as FETCH would need it.
    if (!place->rights.has(store::Right::read)) {
        fail_url(nowhere);
        co_return false;
    }
    auto folder = co_await session_.open(&*place);
    if (!folder) {
        fail_url(folder.error());
        co_return false;
    }
    source_ = std::move(*folder);
    const store::SnapshotPtr now = source_->snapshot();
    const store::Entry* entry = now->find(url.uid);
    const bool valid = !url.uid_validity || *url.uid_validity == now->totals().uid_validity;
    if (entry == nullptr || !valid) {
        fail_url(nowhere);
        co_return false;
    }
    std::vector<store::Entry> one(1, *entry);
    auto details = co_await source_->details(std::move(one));
    if (!details) {
        fail_url(details.error());
        co_return false;
    }
    if (details->empty() || details->front() == nullptr) {
        fail_url(nowhere);
        co_return false;
    }
    detail_ = details->front();
    co_return true;
}

/// False: the session is over.
awaitable<bool> AppendRun::copy_source(MessageUrl url) {
    std::optional<mime::Range> range = locate(url.section, *detail_);
    if (!range) {
        fail_url(store::Error(store::Errc::not_found, ""));
        co_return true;
    }
    std::uint64_t offset = 0, octets = range->bytes;
    const bool fields = url.section.text == Section::Text::header_fields ||
                        url.section.text == Section::Text::header_fields_not;
    if (url.partial) {
        offset = fields ? url.partial->offset : std::min(url.partial->offset, range->bytes);
        octets = fields ? UINT64_MAX : range->bytes - offset;
        if (url.partial->length != 0) octets = std::min(octets, url.partial->length);
    }
    if (fields) {
        // Its whole header is looked through.
        const std::uint64_t longest = session_.services_.limits.header_bytes_max;
        auto header = co_await source_->read(detail_, range->offset, std::min(range->bytes, longest));
        if (!header) {
            fail_url(header.error());
            co_return true;
        }
        const std::vector<std::string_view> names(url.section.fields.begin(), url.section.fields.end());
        const bool all_but = url.section.text == Section::Text::header_fields_not;
        const std::string subset = mime::header_subset(*header, names, all_but);
        const std::string_view part =
            std::string_view(subset).substr(std::min<std::uint64_t>(offset, subset.size()), octets);
        co_await make_room(part.size());
        if (failed()) co_return true;
        const auto written = co_await writer_->write(part);
        if (!written) failed_ = written.error();
        written_ += part.size();
        co_return true;
    }
    co_await make_room(octets);
    if (failed()) co_return true;
    co_return co_await copy_range(range->offset + offset, octets);
}

/// The octets as they are, in pieces. False: the session is over.
awaitable<bool> AppendRun::copy_range(std::uint64_t offset, std::uint64_t octets) {
    written_ += octets;
    while (octets != 0) {
        const std::size_t wanted = std::min<std::uint64_t>(octets, session_.services_.limits.read_bytes);
        const auto piece = co_await source_->read(detail_, offset, wanted);
        if (!piece || piece->size() != wanted) {
            fail_url(piece ? store::Error(store::Errc::corrupt, "message is shorter than known")
                           : piece.error());
            co_return true;
        }
        const auto written = co_await writer_->write(*piece);
        if (!written) {
            failed_ = written.error();
            co_return true;
        }
        offset += wanted;
        octets -= wanted;
        const bool more = co_await session_.breathe(true);
        if (!more) co_return false;
    }
    co_return true;
}

}  // namespace imap
