// wbxml-to-xml: prints a WBXML file (or standard input) of ActiveSync as XML.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "wbxml/xml.hpp"

int main(int count, char** arguments) {
    if (count > 2) {
        std::fputs("usage: wbxml-to-xml [FILE]\n", stderr);
        return 2;
    }
    std::string octets;
    if (count == 2) {
        std::ifstream file(arguments[1], std::ios::binary);
        if (!file) {
            std::fprintf(stderr, "wbxml-to-xml: cannot read %s\n", arguments[1]);
            return 2;
        }
        octets.assign(std::istreambuf_iterator<char>(file), {});
    } else {
        octets.assign(std::istreambuf_iterator<char>(std::cin), {});
    }
    const wbxml::Document document(octets);
    if (document.fault() != wbxml::Fault::none) {
        const std::string what(wbxml::describe(document.fault()));
        std::fprintf(stderr, "wbxml-to-xml: at octet %zu: %s\n", document.offset(), what.c_str());
        return 1;
    }
    const std::string xml = wbxml::to_xml(document);
    return std::fwrite(xml.data(), 1, xml.size(), stdout) == xml.size() ? 0 : 2;
}
