// Reads the test messages once.
#include "corpus.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace mime_test {
namespace {

namespace fs = std::filesystem;

void read_tree(const fs::path& root, bool own, std::vector<Sample>& out) {
    if (!fs::is_directory(root)) return;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        const std::string extension = entry.path().extension().string();
        if (!entry.is_regular_file() || (extension != ".eml" && extension != ".txt")) continue;
        std::ifstream file(entry.path(), std::ios::binary);
        out.push_back({.name = fs::relative(entry.path(), root).string(),
                       .octets = std::string(std::istreambuf_iterator<char>(file), {}),
                       .own = own});
    }
}

std::vector<Sample> read_all() {
    std::vector<Sample> out;
    read_tree(fs::path(MIME_SOURCE_DIR) / "tests" / "corpus", true, out);
    const char* given = std::getenv("BARID_TESTDATA");
    const fs::path shared = given ? fs::path(given) : fs::path(MIME_SOURCE_DIR) / "../../../shared/testdata";
    read_tree(shared, false, out);
    std::sort(out.begin(), out.end(), [](const Sample& a, const Sample& b) { return a.name < b.name; });
    return out;
}

}  // namespace

const std::vector<Sample>& corpus() {
    static const std::vector<Sample> all = read_all();
    return all;
}

const std::string& sample(const std::string& name) {
    for (const Sample& candidate : corpus()) {
        if (candidate.own && candidate.name == name) return candidate.octets;
    }
    throw std::runtime_error("no sample " + name);
}

}  // namespace mime_test
