// Release: for a unique_ptr to what a C library frees by a function of its own.
#pragma once

namespace base {

template <auto release>
struct Release {
    template <class T>
    void operator()(T* object) const {
        release(object);
    }
};

}  // namespace base
