/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names that more than one program must spell alike. Constants only. */
#pragma once

/* The bus (data/org.madoguchi.Counter1.xml). */
#define MADO_BUS_NAME        "org.madoguchi.Counter1"
#define MADO_PATH_MANAGER    "/org/madoguchi/Counter1"
#define MADO_PATH_READERS    "/org/madoguchi/Counter1/readers"
#define MADO_PATH_SESSIONS   "/org/madoguchi/Counter1/sessions"
#define MADO_IFACE_MANAGER   "org.madoguchi.Counter1.Manager"
#define MADO_IFACE_READER    "org.madoguchi.Counter1.Reader"
#define MADO_IFACE_SESSION   "org.madoguchi.Counter1.Session"
#define MADO_IFACE_PIN_AGENT "org.madoguchi.Counter1.PinAgent"
#define MADO_ERROR_PREFIX    "org.madoguchi.Counter1.Error."

/* polkit actions (data/org.madoguchi.Counter1.policy). */
#define MADO_ACTION_USE_READER "org.madoguchi.counter1.use-reader"
#define MADO_ACTION_PIN_AGENT  "org.madoguchi.counter1.pin-agent"
#define MADO_ACTION_RELAY      "org.madoguchi.counter1.relay"
#define MADO_ACTION_JOURNAL    "org.madoguchi.counter1.journal"
#define MADO_ACTION_CONFIGURE  "org.madoguchi.counter1.configure"
#define MADO_ACTION_LOOK       "org.madoguchi.counter1.look"

/* The centre's HTTPS contract (data/central.openapi.yaml). */
#define MADO_ENDPOINT_VISITS                                                                   \
    "/v1/terminals/%s/visits" /* every message of a visit; %s = terminal id */
#define MADO_ENDPOINT_RECEIPTS "/v1/terminals/%s/receipts" /* one signed receipt */
#define MADO_ENDPOINT_HEAD                                                                     \
    "/v1/terminals/%s/head" /* GET: number and hash of the last receipt held */
#define MADO_ENDPOINT_REQUESTS                                                                 \
    "/v1/terminals/%s/requests" /* GET: requests waiting at this municipality */
#define MADO_ENDPOINT_DIRECTORY                                                                \
    "/v1/terminals/%s/directory" /* looks at the queue, with personal data */
#define MADO_ENDPOINT_HEALTH "/v1/health"
#define MADO_MEDIA_MESSAGE   "application/pkcs7-mime"
#define MADO_MEDIA_PROBLEM   "application/problem+json"
#define MADO_PROBLEM_BASE    "urn:madoguchi:problem:" /* RFC 9457 type = this + slug */

/* Fixed at enrolment; a mismatch ends the visit (protocol.md 1). */
#define MADO_REALM_TRAINING   "training"
#define MADO_REALM_PRODUCTION "production"

/* Certificate policies: what a slot's certificate must name. Production: JPKI's own. Training:
 * an arc of ours (a UUID under 2.25), so that no training certificate can be taken for a real
 * one. */
#define MADO_POLICY_PRODUCTION_AUTH "1.2.392.200149.8.5.1.3.30"
#define MADO_POLICY_PRODUCTION_SIGN "1.2.392.200149.8.5.1.1.20"
#define MADO_POLICY_TRAINING_AUTH   "2.25.41288172798863658802444161737267158178.1"
#define MADO_POLICY_TRAINING_SIGN   "2.25.41288172798863658802444161737267158178.2"

/* The environment. */
#define MADO_ENV_RELAY_CONFIG                                                                  \
    "MADOGUCHI_RELAY_CONFIG" /* relay.conf, when not named otherwise */
#define MADO_ENV_LOCALE_DIR                                                                    \
    "MADOGUCHI_LOCALE_DIR" /* translations, where they are not installed */

/* How the name of every training reader begins (drivers/training/README.md); a production desk
 * refuses it. */
#define MADO_TRAINING_READER "Madoguchi Training"
