// barid: the one binary.
#include "cli/run.hpp"
#include "server/programs.hpp"

int main(int argc, char** argv) {
    const cli::Programs programs{server::serve, server::dev, server::examine};
    return cli::run(argc, argv, programs);
}
