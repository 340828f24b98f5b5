// The version that ID, EHLO, CAPA and --version tell.
#pragma once

namespace base {
inline constexpr const char* version = "0.1.0";
}
