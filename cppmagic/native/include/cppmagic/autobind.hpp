// What the binding code that %%cpp generates is written in.
//
// The compiler has the last word on what can be bound: a function or field whose types have no
// counterpart in Python is left out here, at compile time, and noted in the module.
#pragma once

#include "bind/classes.hpp"
#include "bind/functions.hpp"
