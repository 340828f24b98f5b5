// The server's CPU and memory from /proc, and the page.
#include <charconv>
#include <dirent.h>
#include <fstream>
#include <map>
#include <sstream>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "mailbench/statistics.hpp"

namespace mailbench {
namespace {

struct Stat {
    int parent = 0;
    std::uint64_t own_ticks = 0, reaped_ticks = 0;
    std::uint64_t resident_pages = 0;
};

bool read_stat(const std::string& pid, Stat& out) {
    std::ifstream file("/proc/" + pid + "/stat");
    std::string text((std::istreambuf_iterator<char>(file)), {});
    const auto end = text.rfind(')');  // the name may hold anything
    if (end == std::string::npos) return false;
    std::istringstream fields(text.substr(end + 2));
    std::vector<std::string> values;
    for (std::string value; fields >> value;) values.push_back(value);
    if (values.size() < 22) return false;
    const auto number = [&](std::size_t index) {
        std::uint64_t value = 0;
        std::from_chars(values[index].data(), values[index].data() + values[index].size(), value);
        return value;
    };
    out.parent = static_cast<int>(number(1));
    out.own_ticks = number(11) + number(12);
    out.reaped_ticks = number(13) + number(14);
    out.resident_pages = number(21);
    return true;
}

}  // namespace

ProcessFigures process_tree(int pid) {
    std::map<int, Stat> all;
    if (DIR* folder = opendir("/proc")) {
        while (const dirent* entry = readdir(folder)) {
            const std::string name = entry->d_name;
            Stat stat;
            if (name.find_first_not_of("0123456789") == std::string::npos && read_stat(name, stat)) {
                int number = 0;
                std::from_chars(name.data(), name.data() + name.size(), number);
                all[number] = stat;
            }
        }
        closedir(folder);
    }
    ProcessFigures out;
    const double tick = 1.0 / static_cast<double>(sysconf(_SC_CLK_TCK));
    const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    for (const auto& [number, stat] : all) {
        int above = number;
        for (int depth = 0; above != pid && above > 1 && depth < 16; ++depth)
            above = all.contains(above) ? all[above].parent : 0;
        if (above != pid) continue;
        // A process's own time, and that of its children who ended: together each tick is counted once.
        out.cpu_seconds += static_cast<double>(stat.own_ticks + stat.reaped_ticks) * tick;
        out.resident_bytes += stat.resident_pages * page;
        ++out.processes;
    }
    return out;
}

std::string html_page(const nlohmann::json& report) {
    std::string rows, curves;
    double most = 0.001;
    for (const auto& [name, row] : report["commands"].items())
        most = std::max(most, row["p99"].get<double>());
    int hue = 0;
    for (const auto& [name, row] : report["commands"].items()) {
        rows += fmt::format(
            "<tr><th>{}<td>{}<td>{:.1f}<td>{}<td>{:.3f}<td>{:.3f}<td>{:.3f}<td>{:.3f}<td>{:.3f}</tr>", name,
            row["count"].get<std::uint64_t>(), row["rate"].get<double>(), row["errors"].get<std::uint64_t>(),
            row["p50"].get<double>(), row["p90"].get<double>(), row["p99"].get<double>(),
            row["p99.9"].get<double>(), row["max"].get<double>());
        std::string points;
        double x = 0;
        for (const auto& value : row["curve_ms"]) {
            x += 7;
            points += fmt::format("{:.0f},{:.1f} ", x, 300 - 290 * std::min(1.0, value.get<double>() / most));
        }
        curves += fmt::format(
            "<polyline fill=none stroke-width=2 stroke='hsl({} 70% 45%)' points='{}'><title>{}</title>"
            "</polyline><text x=705 y={} fill='hsl({} 70% 45%)'>{}</text>",
            hue, points, name, 20 + hue / 2, hue, name);
        hue += 47;
    }
    return fmt::format(
        "<!doctype html><meta charset=utf-8><title>mailbench {0}</title><style>body{{font:15px "
        "system-ui;margin:2em}}"
        "td,th{{padding:.2em .8em;text-align:right}}svg{{background:#fafafa;border:1px solid #ddd}}</style>"
        "<h1>mailbench {0}</h1><p>{1} connections, {2:.1f} s, {3:.1f} operations a second, {4} errors</p>"
        "<table><tr><th>command<th>count<th>rate/s<th>errors<th>p50 "
        "ms<th>p90<th>p99<th>p99.9<th>max</tr>{5}</table>"
        "<h2>Latency by percentile (0 to {6:.3f} ms)</h2><svg width=820 height=320>{7}</svg>",
        report["protocol"].get<std::string>(), report["connections"].get<std::uint32_t>(),
        report["seconds"].get<double>(), report["rate"].get<double>(), report["errors"].get<std::uint64_t>(),
        rows, most, curves);
}

}  // namespace mailbench
