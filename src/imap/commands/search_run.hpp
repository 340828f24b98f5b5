// SearchRun: one search under way: which messages of a snapshot a program names. What the snapshot knows
// decides first; only messages that are still open are read, and of those only as much as is needed.
#pragma once
#include <algorithm>
#include <string>
#include <vector>

#include "imap/session.hpp"
#include "imap/sort/comparator.hpp"
#include "imap/text_match.hpp"
#include "mime/tree.hpp"
#include "store/search_text.hpp"

namespace imap {

/// What is searched: the selected mailbox as the client sees it, or any other as it is.
struct SearchSource {
    store::FolderPtr folder;
    store::SnapshotPtr messages;
    const Selected* selected = nullptr;  ///< null: no \Recent, and "$" names nothing
};

class SearchRun {
public:
    /// \param program must outlive the run.
    SearchRun(Session& session, const SearchProgram& program, SearchSource source);
    /// All messages, or those that `among` names. False: the session is over.
    boost::asio::awaitable<bool> run();
    boost::asio::awaitable<bool> run(NumberRanges among);

    /// The messages that are looked at: all, but for those that a set at the top of the program leaves out.
    NumberRanges looked_at() const;

    /// From now on the client is told how far it is (RFC 9585): of its own command only.
    /// \param passes over all messages that the command makes, with this one as the first
    void tell_progress(Progress* progress, unsigned passes) {
        progress_ = progress;
        passes_ = passes;
    }

    /// Sequence numbers in the snapshot.
    const NumberRanges& found() const { return found_; }
    /// RFC 6203 section 4: 1 to 100, one for each that was found; empty without FUZZY.
    const std::vector<std::uint8_t>& relevancy() const { return relevancy_; }
    const store::Error& failed() const { return failed_; }
    bool expunged() const { return expunged_; }  ///< some message could not be read any more

private:
    enum class Truth : std::uint8_t { no, yes, unknown };
    /// A key with all that can be known before the first message.
    struct Prepared {
        NumberRanges set;
        bool set_is_uid = false;
        store::FlagSet flags;
        std::string folded;
        bool never = false;         ///< a keyword that the folder does not have
        store::SearchHitsPtr hits;  ///< what the index knows; null: nothing
    };
    struct Candidate {
        SeqNum seq;
        store::Entry entry;
        Truth truth = Truth::unknown;
        std::uint8_t relevancy = 100;
    };

    // search.cpp: the walk
    boost::asio::awaitable<bool> run_piece(SeqNum first, SeqNum last);
    std::string fold(std::string_view text) const { return search_key_text(comparator_, text); }

    // search_match.cpp: what the snapshot knows
    void prepare();
    Truth judge(std::size_t at, SeqNum seq, const store::Entry& entry) const;
    Truth judge_group(std::size_t at, SeqNum seq, const store::Entry& entry) const;
    Truth judge_fact(std::size_t at, SeqNum seq, const store::Entry& entry) const;
    /// Counts octets looked at; true when it is time to give way.
    bool worked(std::size_t octets) {
        work_ += octets;
        if (work_ < work_step) return false;
        work_ = 0;
        return true;
    }
    /// Nothing was read yet of the message to be judged next.
    void forget_content() {
        std::ranges::fill(content_, Truth::unknown);
        std::ranges::fill(score_, std::uint8_t{0});
    }

    // search_index.cpp: what the store's index knows
    /// Of the candidates that are open. False: the session is over.
    boost::asio::awaitable<bool> ask_index(std::vector<Candidate>* candidates);
    boost::asio::awaitable<bool> ask_index_of_keys();
    bool believes_yes(const SearchKey& key) const;
    void recall_index(SeqNum seq);

    // search_content.cpp: what must be read
    boost::asio::awaitable<bool> read_open(std::vector<Candidate>* candidates);
    void note(const store::Error& error, store::Uid uid);
    bool in_folder(store::Uid uid) const;
    boost::asio::awaitable<Truth> judge_by_reading(Candidate candidate, store::DetailPtr detail);
    bool needs_header() const;
    boost::asio::awaitable<bool> read_header(store::DetailPtr detail);
    boost::asio::awaitable<bool> read_body(store::DetailPtr detail);
    boost::asio::awaitable<bool> read_part(store::DetailPtr detail, mime::Part part, TextMatcher* matcher);
    boost::asio::awaitable<bool> read_part_header(store::DetailPtr detail, mime::Range range,
                                                  TextMatcher* matcher);
    boost::asio::awaitable<bool> judge_fields(const std::string* header);
    boost::asio::awaitable<bool> feed(std::string_view text, TextMatcher* matcher);
    void judge_sent(std::string_view value);
    unsigned score_of(std::size_t at, std::string_view folded) const;
    void hit(std::size_t at, unsigned score);
    std::uint8_t relevancy_now() const;
    void close_header_keys();

    /// Octets decoded, folded and compared between two looks around: about half a millisecond. A field of a
    /// MiB is one piece all the same.
    static constexpr std::size_t work_step = 256U << 10;
    /// What reading one message costs beside its octets, in octets looked at: 30 µs. To give way costs 20.
    static constexpr std::size_t message_cost = 16U << 10;
    /// Of one field: what is behind is no text that anybody looks for, and it is decoded in one go.
    static constexpr std::size_t field_bytes_max = store::SearchText::field_bytes_max;

    Session& session_;
    Progress* progress_ = nullptr;
    unsigned passes_ = 1;
    const SearchProgram& program_;
    SearchSource source_;
    imap::Comparator comparator_;
    std::vector<Prepared> prepared_;    // by key
    std::vector<std::size_t> indexed_;  // keys that have hits
    bool index_asked_ = false;
    std::vector<Truth> content_;       // by key: what reading the current message has shown
    std::vector<std::uint8_t> score_;  // by key: how well, where content_ says yes
    std::size_t work_ = 0;             // octets since the last look around
    std::int64_t now_ = 0;             // seconds since 1970, for OLDER and YOUNGER

    NumberRanges found_;
    std::vector<std::uint8_t> relevancy_;
    bool expunged_ = false;
    store::Error failed_, unread_;  // of all; of the message that is read
};

}  // namespace imap
