// RocksDB comes without ThreadSanitizer's marks: what its own code does to memory looks like races. Our own
// calls stay watched.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
extern "C" const char* __tsan_default_suppressions();  // NOLINT: the sanitizer's name
extern "C" const char* __tsan_default_suppressions() {
    return "called_from_lib:librocksdb\nrace:librocksdb\n";
}
#endif
#endif
