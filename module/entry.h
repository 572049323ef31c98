// SPDX-License-Identifier: BSD-2-Clause
// The way in: the exported symbols, the function list, initialisation, forks, and the lock that all calls take.
#pragma once

#include <stdbool.h>
#include "module/functions.h"

/* Begins a call: CKR_OK with the top layer, and the lock held unless the layer takes none; or CKR_CRYPTOKI_NOT_INITIALIZED with neither. */
CK_RV entry_begin(enum function_id function, struct layer **top);

/* Ends it; returns rv. */
CK_RV entry_end(const struct layer *top, CK_RV rv);

CK_RV entry_C_Initialize(CK_VOID_PTR pInitArgs);
CK_RV entry_C_Finalize(CK_VOID_PTR pReserved);

struct config;
struct crypto;
struct setting;

/* In place of C_Initialize: all that comes in through entry_functions meets a gate that is made like this (gate_create_in). */
CK_RV entry_start_in(const struct setting *setting, struct crypto *crypto, struct config *config);

/* Has one of the vendors' processes brought pcscd into play? Then it is listened to from now on. */
void entry_listen_to_pcscd(bool (*is_used)(void));

/* The token to which a session is bound, whether it is there or not, and its slot. False: there is no such session. */
bool entry_find_token(CK_SESSION_HANDLE session, CK_SLOT_ID *slot, CK_TOKEN_INFO *token);

/* The gate's tokens are read anew, in one go: whoever reads them meanwhile finds all of their objects. */
void entry_reread_tokens(void);

/* Did C_Initialize come back to us from a call of ours, since this was last asked? */
bool entry_was_reentered(void);

/* The lists that applications get; made from the function table. */
extern CK_FUNCTION_LIST entry_functions;

/* The interfaces, the latest first; that of 2.40 is the last. */
extern CK_INTERFACE entry_interfaces[LIST_VERSIONS + 1];

/* To be called before any lock is taken that a child would find taken. */
void entry_watch_forks(void);

/* Exported, and in the list of 3.0. */
CK_RV C_GetInterfaceList(CK_INTERFACE_PTR pInterfacesList, CK_ULONG_PTR pulCount);
CK_RV C_GetInterface(CK_UTF8CHAR_PTR pInterfaceName, CK_VERSION_PTR pVersion,
                     CK_INTERFACE_PTR_PTR ppInterface, CK_FLAGS flags);
