// Reads transcripts from files. A line that is not understood is a fault of the file, never passed over.
#include <algorithm>
#include <charconv>
#include <fstream>

#include <fmt/format.h>

#include "support/transcript.hpp"

namespace support {

namespace {

/// "C: ", "2S: ", "S~: " and so on. False: not a step.
bool parse_step(std::string_view line, Step& step) {
    if (!line.empty() && line[0] >= '1' && line[0] <= '9') {
        const auto end = std::from_chars(line.data(), line.data() + line.size(), step.connection).ptr;
        line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    const std::string_view who = line.substr(0, colon);
    if (who == "C") {
        step.kind = Step::Kind::client;
    } else if (who == "S") {
        step.kind = Step::Kind::server;
    } else if (who == "S~") {
        step.kind = Step::Kind::server_skip;
    } else if (who == "E") {
        step.kind = Step::Kind::event;
    } else {
        return false;
    }
    line.remove_prefix(colon + 1);
    if (!line.empty() && line[0] == ' ') line.remove_prefix(1);
    step.text = line;
    return true;
}

bool parse_option(std::string_view line, StageOptions& options) {
    if (!line.starts_with("O: ")) return false;
    line.remove_prefix(3);
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) return false;
    options[std::string(line.substr(0, space))] = line.substr(space + 1);
    return true;
}

}  // namespace

Transcript load_transcript(const std::filesystem::path& file) {
    Transcript transcript;
    transcript.name = file.stem().string();
    std::ifstream in(file, std::ios::binary);
    int number = 0;
    bool server_speaks = false;
    for (std::string line; std::getline(in, line);) {
        ++number;
        if (number == 1) {
            if (!line.starts_with("# ")) {
                transcript.fault = transcript.name + ".txt: the first line must say what is shown";
                return transcript;
            }
            transcript.title = line.substr(2);
        }
        if (line.empty() || line[0] == '#') continue;
        Step step;
        step.line = number;
        if (parse_step(line, step)) {
            server_speaks |= step.kind != Step::Kind::client && step.kind != Step::Kind::event;
            transcript.steps.push_back(std::move(step));
        } else if (!transcript.steps.empty() || !parse_option(line, transcript.options)) {
            transcript.fault = fmt::format("{}.txt:{}: not understood: {}", transcript.name, number, line);
            return transcript;
        }
    }
    if (!server_speaks) transcript.fault = transcript.name + ".txt: the server says nothing in it";
    return transcript;
}

std::vector<Transcript> load_transcripts(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    std::error_code fault;
    for (const auto& entry : std::filesystem::directory_iterator(folder, fault))
        if (entry.path().extension() == ".txt") files.push_back(entry.path());
    std::ranges::sort(files);
    std::vector<Transcript> all;
    for (const auto& file : files) all.push_back(load_transcript(file));
    if (all.empty()) {
        Transcript none;
        none.name = "none";
        none.fault = "no transcripts in " + folder.string();
        all.push_back(std::move(none));
    }
    return all;
}

}  // namespace support
