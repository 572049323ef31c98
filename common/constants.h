// SPDX-License-Identifier: BSD-2-Clause
// Constants of PKCS#11 3.0 and 2.40 that p11-kit's header of version 0.24 does not have.
#pragma once

#include <p11-kit/pkcs11.h>

#ifndef CKM_EDDSA
#define CKM_EDDSA 0x1057UL
#endif
#ifndef CKM_SHA224
#define CKM_SHA224 0x255UL
#endif
