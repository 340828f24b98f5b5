#include "index.hpp"

#include <algorithm>
#include <stdexcept>

namespace trigram::test {

bool Segment::open() {
    if (octets.size() < footer_bytes) return false;
    const std::string_view all = octets;
    const auto footer = parse_footer(all.substr(all.size() - footer_bytes), all.size());
    if (!footer) return false;
    auto parsed = Directory::parse(all.substr(footer->directory_offset, footer->directory_bytes), *footer);
    if (!parsed) return false;
    directory = std::make_shared<const Directory>(std::move(*parsed));
    return true;
}

Ordinals Segment::find(std::string_view term, bool& sound) const {
    Ordinals out;
    const auto block = directory->find_term(term);
    if (!block) return out;
    TermReader reader(at(directory->term_block(*block)), directory->documents());
    while (reader.next()) {
        if (reader.term() < term) continue;
        if (reader.term() == term && !reader.read(out)) sound = false;
        break;
    }
    if (reader.damaged()) sound = false;
    return out;
}

std::vector<DocumentId> Segment::documents(bool& sound) const {
    std::vector<DocumentId> out;
    for (std::size_t i = 0; i < directory->document_blocks(); ++i)
        if (!parse_documents(at(directory->document_block(i)), out)) sound = false;
    return out;
}

std::vector<std::pair<std::string, Ordinals>> Segment::all(bool& sound) const {
    std::vector<std::pair<std::string, Ordinals>> out;
    for (std::size_t i = 0; i < directory->term_blocks(); ++i) {
        TermReader reader(at(directory->term_block(i)), directory->documents());
        while (reader.next()) {
            out.emplace_back(reader.term(), Ordinals());
            if (!reader.read(out.back().second)) sound = false;
        }
        if (reader.damaged()) sound = false;
    }
    return out;
}

std::set<DocumentId> Segment::candidates(std::string_view text, Field field) const {
    bool sound = true;
    const std::vector<DocumentId> ids = documents(sound);
    const Plan plan(text);
    if (!plan.prunes()) return {ids.begin(), ids.end()};
    Ordinals found;
    if (plan.by_prefix()) {
        const auto [first, last] = plan.prefix_terms(field);
        for (const auto& [term, ordinals] : all(sound))
            if (term >= first && term <= last) unite(found, ordinals);
    } else {
        found = find(term_of(in_field(plan.grams().front(), field)), sound);
        for (const Gram gram : plan.grams()) intersect(found, find(term_of(in_field(gram, field)), sound));
    }
    unite(found, find(unknown_term, sound));
    std::set<DocumentId> out;
    for (const Ordinal ordinal : found) out.insert(ids.at(ordinal));
    if (!sound) throw std::runtime_error("a damaged segment");
    return out;
}

std::set<DocumentId> Segment::certain(std::string_view text, Field field) const {
    bool sound = true;
    const std::vector<DocumentId> ids = documents(sound);
    std::set<DocumentId> out;
    if (const auto term = word_term(field, text))
        for (const Ordinal ordinal : find(*term, sound)) out.insert(ids.at(ordinal));
    if (!sound) throw std::runtime_error("a damaged segment");
    return out;
}

Segment make_segment(const std::vector<Document>& documents, std::size_t piece) {
    Collector collector;
    SegmentBuilder builder;
    for (const auto& [id, texts] : documents) {
        collector.begin_document();
        for (const auto& [field, text] : texts) {
            collector.begin_text(field);
            for (std::string_view left = text; !left.empty();) {
                const std::string_view some = left.substr(0, piece == 0 ? left.size() : piece);
                left.remove_prefix(some.size());
                collector.feed(some);
            }
            collector.end_text();
        }
        builder.add(id, collector);
    }
    Segment out;
    out.octets = builder.build();
    if (!out.open()) throw std::runtime_error("a segment does not open");
    return out;
}

Segment merge(const std::vector<const Segment*>& segments, const std::function<bool(DocumentId)>& alive) {
    bool sound = true;
    std::vector<MergeInput> inputs;
    for (const Segment* segment : segments)
        inputs.push_back(MergeInput{segment->directory, segment->documents(sound)});
    Merger merger(std::move(inputs), alive);
    Segment out;
    while (!merger.done()) {
        if (!merger.run(1'000)) throw std::runtime_error("a damaged input");
        out.octets += merger.output().take();
        if (const auto need = merger.need())
            merger.give(std::string(segments.at(need->input)->at(need->block)));
    }
    out.octets += merger.output().take();
    if (!sound || !out.open()) throw std::runtime_error("a segment does not open");
    return out;
}

}  // namespace trigram::test
