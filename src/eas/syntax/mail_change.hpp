// What a device may say of a message in a Change: MS-ASEMAIL. Pure.
#pragma once
#include "wbxml/document.hpp"

namespace eas {

/// False: it changes what is the server's, or its Flag lacks what the action needs or contradicts itself.
bool is_sound_change(wbxml::Element data);
/// MS-ASEMAIL section 3.2.5.3.2: a Flag that is set names its type, unless it is that of a meeting.
bool lacks_flag_type(wbxml::Element data);

}  // namespace eas
