"""Names that users of C++ ask for, and where they are."""

from __future__ import annotations

import re

LIBRARIES = {
    "fftw_": "fftw3",
    "fftwf_": "fftw3f",
    "fftwl_": "fftw3l",
    "gsl_": "gsl",
    "cblas_": "openblas",
    "openblas_": "openblas",
    "LAPACKE_": "lapacke",
    "mpz_": "gmp",
    "__gmpz_": "gmp",
    "mpfr_": "mpfr",
    "sqlite3_": "sqlite3",
    "curl_": "curl",
    "png_": "png",
    "jpeg_": "jpeg",
    "TIFF": "tiff",
    "H5": "hdf5",
    "nc_": "netcdf",
    "xml": "xml2",
    "SSL_": "ssl",
    "EVP_": "crypto",
    "gz": "z",
    "deflate": "z",
    "inflate": "z",
    "compress": "z",
    "crc32": "z",
    "BZ2_": "bz2",
    "lzma_": "lzma",
    "ZSTD_": "zstd",
    "LZ4_": "lz4",
    "uv_": "uv",
    "zmq_": "zmq",
    "MPI_": "mpi",
    "clCreate": "OpenCL",
    "cuda": "cudart",
    "cublas": "cublas",
    "nvrtc": "nvrtc",
    "dlopen": "dl",
    "pthread_": "pthread",
    "shm_open": "rt",
    "tbb::": "tbb",
    "cv::": "opencv_core",
    "boost::filesystem": "boost_filesystem",
    "boost::system": "boost_system",
    "boost::program_options": "boost_program_options",
    "boost::python": "boost_python3",
    "boost::re_detail": "boost_regex",
    "fmt::": "fmt",
    "spdlog::": "spdlog",
    "google::protobuf": "protobuf",
}
"""By what names of functions begin with: the library to link. The longest one wins."""
BLAS = re.compile(r"[sdcz](gemm|gemv|axpy|dot|scal|nrm2|trsm|syrk|copy|swap|asum)_")
LAPACK = re.compile(r"[sdcz](gesv|getr[fis]|potr[fs]|geev|gesvd|gesdd|syev|geqrf|gels)d?_")
OPENMP = re.compile(r"GOMP_|__kmpc_|omp_")

_CPP_HEADERS = """
algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono
cinttypes climits clocale cmath compare complex concepts condition_variable coroutine csetjmp
csignal cstdarg cstddef cstdint cstdio cstdlib cstring ctime cuchar cwchar cwctype deque
exception execution expected filesystem format forward_list fstream functional future generator
initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map
mdspan memory memory_resource mutex new numbers numeric optional ostream print queue random
ranges ratio regex scoped_allocator semaphore set shared_mutex source_location span spanstream
sstream stack stacktrace stdexcept stdfloat stop_token streambuf string string_view syncstream
system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility
valarray variant vector version
"""
CPP_HEADERS = tuple(_CPP_HEADERS.split())
"""The standard's headers, but for those that it has for the sake of C."""

STANDARD_HEADERS = frozenset(
    (
        *CPP_HEADERS,
        *("assert.h", "ctype.h", "errno.h", "fenv.h", "float.h", "inttypes.h", "limits.h"),
        *("locale.h", "math.h", "setjmp.h", "signal.h", "stdarg.h", "stddef.h", "stdint.h"),
        *("stdio.h", "stdlib.h", "string.h", "time.h", "uchar.h", "wchar.h", "wctype.h"),
        "bits/stdc++.h",
    )
)
"""All of them; one may include them in any order."""

_NAMES_BY_HEADER = {
    "algorithm": "adjacent_find all_of any_of binary_search clamp copy copy_if copy_n count"
    " count_if equal equal_range fill fill_n find find_if find_if_not for_each generate generate_n"
    " includes inplace_merge is_sorted lexicographical_compare lower_bound make_heap max"
    " max_element merge min min_element minmax minmax_element mismatch next_permutation none_of"
    " nth_element partial_sort partition pop_heap prev_permutation push_heap remove remove_if"
    " replace replace_if reverse rotate sample search set_difference set_intersection set_union"
    " shuffle sort sort_heap stable_partition stable_sort swap_ranges transform unique upper_bound",
    "any": "any any_cast",
    "array": "array to_array",
    "atomic": "atomic atomic_flag atomic_int memory_order memory_order_relaxed",
    "bitset": "bitset",
    "cassert": "assert",
    "cctype": "isalnum isalpha isdigit islower isspace isupper tolower toupper",
    "cerrno": "errno",
    "cfloat": "DBL_EPSILON DBL_MAX DBL_MIN FLT_EPSILON FLT_MAX FLT_MIN",
    "charconv": "from_chars to_chars",
    "chrono": "chrono",
    "climits": "CHAR_BIT INT_MAX INT_MIN LONG_MAX LONG_MIN UINT_MAX",
    "cmath": "abs acos asin atan atan2 beta cbrt ceil copysign cos cosh cyl_bessel_j erf erfc exp"
    " exp2 expm1 fabs floor fma fmax fmin fmod frexp hermite hypot isfinite isinf isnan laguerre"
    " ldexp legendre lgamma log log10 log1p log2 lround modf nan pow remainder"
    " riemann_zeta round signbit sin sinh sph_bessel sqrt tan tanh tgamma trunc"
    " M_PI M_E M_SQRT2",
    "compare": "partial_ordering strong_ordering weak_ordering",
    "complex": "complex polar",
    "condition_variable": "condition_variable condition_variable_any",
    "cstdint": "int8_t int16_t int32_t int64_t intptr_t uint8_t uint16_t uint32_t uint64_t"
    " uintptr_t INT32_MAX INT64_MAX UINT32_MAX UINT64_MAX",
    "cstdio": "fclose fflush fopen fprintf fputs fread fwrite getchar perror printf putchar puts"
    " scanf snprintf sprintf sscanf",
    "cstdlib": "abort atof atoi calloc exit free getenv malloc qsort rand realloc srand strtod"
    " strtol RAND_MAX",
    "cstring": "memcmp memcpy memmove memset strcat strchr strcmp strcpy strlen strncpy strstr",
    "ctime": "clock difftime localtime mktime strftime time CLOCKS_PER_SEC",
    "deque": "deque",
    "exception": "current_exception exception_ptr rethrow_exception",
    "execution": "execution",
    "filesystem": "filesystem",
    "forward_list": "forward_list",
    "fstream": "fstream ifstream ofstream",
    "functional": "bind divides function greater greater_equal hash invoke less less_equal"
    " logical_and mem_fn minus modulus multiplies negate not_fn plus reference_wrapper",
    "future": "async future launch packaged_task promise shared_future",
    "iomanip": "quoted put_time setfill setprecision setw",
    "ios": "boolalpha defaultfloat fixed hex ios scientific",
    "iostream": "cerr cin clog cout endl",
    "istream": "istream",
    "iterator": "advance back_inserter distance front_inserter inserter istream_iterator"
    " istreambuf_iterator make_move_iterator ostream_iterator",
    "limits": "numeric_limits",
    "list": "list",
    "map": "map multimap",
    "memory": "addressof allocator enable_shared_from_this make_shared make_unique shared_ptr"
    " unique_ptr weak_ptr",
    "memory_resource": "pmr",
    "mutex": "call_once lock_guard mutex once_flag recursive_mutex scoped_lock unique_lock",
    "new": "bad_alloc nothrow",
    "numeric": "accumulate adjacent_difference exclusive_scan gcd inclusive_scan inner_product iota"
    " lcm partial_sum reduce transform_reduce",
    "optional": "nullopt optional",
    "ostream": "flush ostream",
    "queue": "priority_queue queue",
    "random": "bernoulli_distribution binomial_distribution cauchy_distribution"
    " chi_squared_distribution default_random_engine discrete_distribution"
    " exponential_distribution gamma_distribution geometric_distribution lognormal_distribution"
    " mt19937 mt19937_64 minstd_rand normal_distribution poisson_distribution random_device"
    " seed_seq student_t_distribution uniform_int_distribution uniform_real_distribution"
    " weibull_distribution",
    "ratio": "ratio",
    "regex": "regex regex_match regex_replace regex_search smatch sregex_iterator",
    "set": "multiset set",
    "shared_mutex": "shared_lock shared_mutex",
    "sstream": "istringstream ostringstream stringstream",
    "stack": "stack",
    "stdexcept": "domain_error invalid_argument length_error logic_error out_of_range"
    " overflow_error range_error runtime_error underflow_error",
    "string": "getline stod stof stoi stol stoll stoul string to_string wstring",
    "string_view": "string_view",
    "system_error": "error_code system_error",
    "thread": "this_thread thread",
    "tuple": "apply get make_tuple tie tuple tuple_element tuple_size",
    "typeindex": "type_index",
    "type_traits": "common_type conditional conditional_t decay_t enable_if enable_if_t false_type"
    " integral_constant is_arithmetic is_arithmetic_v is_floating_point is_floating_point_v"
    " is_integral is_integral_v is_same is_same_v remove_const_t remove_cvref_t"
    " remove_reference_t true_type void_t",
    "unordered_map": "unordered_map unordered_multimap",
    "unordered_set": "unordered_multiset unordered_set",
    "utility": "as_const declval exchange forward index_sequence make_index_sequence make_pair move"
    " pair swap",
    "valarray": "valarray",
    "variant": "get_if holds_alternative monostate variant visit",
    "vector": "vector",
}
HEADERS = {name: header for header, names in _NAMES_BY_HEADER.items() for name in names.split()}
"""By name in namespace std (or C's): the header that has it."""

_NEWER_BY_HEADER = {
    "barrier": ("20", "barrier"),
    "bit": (
        "20",
        "bit_cast bit_ceil bit_floor bit_width countl_zero countr_zero has_single_bit popcount",
    ),
    "concepts": ("20", "convertible_to derived_from floating_point integral invocable same_as"),
    "coroutine": ("20", "coroutine_handle suspend_always suspend_never"),
    "expected": ("23", "expected unexpected"),
    "flat_map": ("23", "flat_map"),
    "format": ("20", "format format_to vformat"),
    "generator": ("23", "generator"),
    "iterator": ("20", "ssize"),
    "latch": ("20", "latch"),
    "mdspan": ("23", "dextents mdspan"),
    "numbers": ("20", "numbers"),
    "numeric": ("20", "midpoint"),
    "cmath": ("20", "lerp"),
    "print": ("23", "print println"),
    "ranges": ("20", "ranges views"),
    "semaphore": ("20", "binary_semaphore counting_semaphore"),
    "source_location": ("20", "source_location"),
    "span": ("20", "span"),
    "stop_token": ("20", "stop_source stop_token"),
    "thread": ("20", "jthread"),
}
NEWER_NAMES = {
    name: (year, header)
    for header, (year, names) in _NEWER_BY_HEADER.items()
    for name in names.split()
}
"""By name in namespace std: the standard that brought it, and the header that has it."""

BINDING_HEADERS = {
    "array_t": "numpy",
    "array": "numpy",
    "vectorize": "numpy",
    "dtype": "numpy",
    "bind_vector": "stl_bind",
    "bind_map": "stl_bind",
    "eval": "eval",
    "exec": "eval",
    "scoped_ostream_redirect": "iostream",
    "EigenDRef": "eigen",
    "native_enum": "native_enum",
    "scoped_interpreter": "embed",
}
"""By name in namespace pybind11: the header that has it, where it is not pybind11.h."""


_UNMISTAKABLE = re.compile(
    r"vector|string|map|set|array|deque|list|pair|tuple|optional|variant|function|complex|thread"
    r"|mutex|atomic|chrono|accumulate|iota|sort|transform|sto[id]|cout|cin|cerr|endl"
    r"|[io]?stringstream|[io]fstream|mt19937|bitset|queue|stack|regex|valarray|f?printf|puts|malloc|free|memcpy|memset"
    r"|strlen|assert|.*_.*"
)


def is_unmistakable(name: str) -> bool:
    """Whether a name without `std::` in front of it is hardly one of the user's own."""
    return name in HEADERS and _UNMISTAKABLE.fullmatch(name) is not None


C_HEADERS = (
    *("cassert", "cctype", "cerrno", "cfloat", "climits", "cmath"),
    *("cstdint", "cstdio", "cstdlib", "cstring", "ctime"),
)
"""Headers whose names need no std::."""
