// SPDX-License-Identifier: BSD-2-Clause
// Reads `when: {time: ...}`: "Mon-Fri 08:00-18:00", "Sat", "22:00-24:00"; a list of them is "or".
#pragma once

#include "config/schema.h"

field_reader selector_read_time; /* adds one child to the struct selector that is its target */
