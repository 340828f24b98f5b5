// Postings: ascending ordinals as gaps in Rice's code: the high part of a gap unary, its low bits as they
// are. The number of low bits follows from how many of the documents have the term, so dense lists cost about
// a bit a document and rare ones little more than the entropy of where they stand.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trigram {

void put_postings(std::string& out, std::span<const std::uint32_t> ordinals, std::uint32_t documents);
/// Appends `count` ordinals below `documents`. False: damaged.
bool get_postings(std::string_view octets, std::uint32_t count, std::uint32_t documents,
                  std::vector<std::uint32_t>& out);

}  // namespace trigram
