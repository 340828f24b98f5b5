// An index in memory and the ways to ask it, for tests and fuzz targets.
#pragma once
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "trigram/builder.hpp"
#include "trigram/merge.hpp"
#include "trigram/plan.hpp"

namespace trigram::test {

struct Segment {
    std::string octets;
    std::shared_ptr<const Directory> directory;
    bool open();  ///< false: damaged
    std::string_view at(const BlockRef& ref) const {
        return std::string_view(octets).substr(ref.offset, ref.bytes);
    }
    /// Nothing where the term is not; also where a block is damaged, which `sound` tells.
    Ordinals find(std::string_view term, bool& sound) const;
    std::vector<DocumentId> documents(bool& sound) const;
    /// What may have the text in the field.
    std::set<DocumentId> candidates(std::string_view text, Field field) const;
    /// What has the text for sure.
    std::set<DocumentId> certain(std::string_view text, Field field) const;
    /// All terms with their documents.
    std::vector<std::pair<std::string, Ordinals>> all(bool& sound) const;
};

using Document = std::pair<DocumentId, std::vector<std::pair<Field, std::string>>>;
/// `piece`: octets that are fed at once; 0: all.
Segment make_segment(const std::vector<Document>& documents, std::size_t piece = 0);
Segment merge(const std::vector<const Segment*>& segments, const std::function<bool(DocumentId)>& alive);

}  // namespace trigram::test
