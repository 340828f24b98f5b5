// Messages to test with: the corpus beside this file and, where it is there, the mail under BARID_TESTDATA.
#pragma once
#include <string>
#include <vector>

namespace mime_test {

struct Sample {
    std::string name;
    std::string octets;
    bool own = false;  // of tests/corpus
};

const std::vector<Sample>& corpus();
/// A file of tests/corpus.
const std::string& sample(const std::string& name);

}  // namespace mime_test
