/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The closed list of errors. A code exists only where a caller acts differently on it.
 * X(number, NAME, "BusNick", "one English sentence for logs")
 *
 * The number is what a clerk reads out on the telephone: it never changes and is never reused.
 * The bus name is MADO_ERROR_PREFIX + nick. Cause and cure for people: client/sentences.c
 * (gettext).
 */
#pragma once

#define MADO_ERROR_LIST(X)                                                                     \
    X(100, NOT_FOUND, "NotFound", "no such object")                                            \
    X(101, BUSY, "Busy", "in use by another call or client")                                   \
    X(102, NOT_CLAIMED, "NotClaimed", "the caller does not hold this session")                 \
    X(103, NOT_AUTHORIZED, "NotAuthorized",                                                    \
      "refused by the authority, or no authority answered")                                    \
    X(104, BAD_ARGUMENT, "BadArgument", "the argument has not the documented form")            \
    X(105, LIMIT, "Limit", "a documented limit is reached")                                    \
    X(106, TIMED_OUT, "TimedOut", "no answer in the documented time")                          \
    X(107, CANCELLED, "Cancelled", "cancelled by the holder")                                  \
    X(108, BAD_STATE, "BadState", "not possible in the present step")                          \
    X(109, INTERNAL, "Internal", "a defect in this program")                                   \
    X(110, CONFIG, "Config", "a configuration or key file is missing, malformed or unsafe")    \
    X(200, SERVICE_GONE, "ServiceGone", "the smart card service is not reachable")             \
    X(201, READER_GONE, "ReaderGone", "the reader is no longer there")                         \
    X(202, DAEMON_GONE, "DaemonGone", "the desk's daemon is not reachable (clients only)")     \
    X(300, CARD_ABSENT, "CardAbsent", "no card in the reader")                                 \
    X(301, CARD_REMOVED, "CardRemoved", "the card was removed")                                \
    X(302, CARD_MUTE, "CardMute", "the card does not answer")                                  \
    X(303, CARD_UNKNOWN, "CardUnknown", "not an Individual Number Card")                       \
    X(304, CARD_CHANGED, "CardChanged", "another card than before is in the reader")           \
    X(305, CARD_DATA, "CardData", "a file on the card is malformed")                           \
    X(306, CARD_FORGED, "CardForged", "a signature on the card's data does not verify")        \
    X(307, CARD_CLONED, "CardCloned", "the card does not hold the key its data name")          \
    X(308, CARD_REFUSED, "CardRefused", "the card refused a command")                          \
    X(309, CARD_STATE, "CardState", "the card's life cycle does not allow this")               \
    X(310, REALM, "Realm", "training and production do not mix")                               \
    X(400, PIN_WRONG, "PinWrong", "wrong PIN")                                                 \
    X(401, PIN_BLOCKED, "PinBlocked", "PIN is blocked")                                        \
    X(402, PIN_FORM, "PinForm", "the PIN has not the required form")                           \
    X(403, AGENT_GONE, "AgentGone", "no PIN agent is registered or it went away")              \
    X(500, CENTRE_UNREACHABLE, "CentreUnreachable", "the centre could not be reached")         \
    X(501, CENTRE_REFUSED, "CentreRefused", "the centre refused the request")                  \
    X(502, CENTRE_ANSWER, "CentreAnswer", "the centre's answer is malformed or not its own")   \
    X(503, REQUEST_MISMATCH, "RequestMismatch", "card and request do not belong together")     \
    X(504, CERTIFICATE, "Certificate", "a certificate is not what was asked for")              \
    X(505, JOURNAL, "Journal", "the journal cannot be written")                                \
    X(506, FENCED, "Fenced", "this visit was taken over or closed elsewhere")                  \
    X(507, CLOCK, "Clock", "the desk's clock is too far off")                                  \
    X(508, HELD, "Held", "the visit is on hold until the centre has answered")                 \
    X(509, OPERATOR, "Operator", "the operator's signature or role was refused")               \
    X(510, ENROLMENT, "Enrolment", "this desk is not enrolled, revoked or expired")            \
    X(511, REQUEST_STATE, "RequestState", "the request is not in a state that allows this")    \
    X(512, RECEIPT, "Receipt", "a receipt does not verify, or one is missing")

typedef enum {
#define MADO_ERROR_ENUM(number, name, nick, sentence) MADO_ERROR_##name = number,
    MADO_ERROR_LIST(MADO_ERROR_ENUM)
#undef MADO_ERROR_ENUM
} MadoErrorCode;
