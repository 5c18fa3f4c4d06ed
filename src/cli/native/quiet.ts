/**
 * Silence while TensorFlow's library is loaded. Its constructors write to standard error before they
 * look at `TF_CPP_MIN_LOG_LEVEL` (2.21: that oneDNN is used, which costs a third of a convolution's
 * speed to switch off), so a small addon of our own, built beside the package's, points the file
 * descriptor elsewhere for that time (`engines/tfjs/native.ts`).
 */

export const QUIET_TARGET = 'energy_quiet';

/** The addon: `mute()` and `restore()`, which nest and may be called by several threads. */
export const QUIET_SOURCE = `// Points standard error at /dev/null while a library is loaded.
#include <fcntl.h>
#include <node_api.h>
#include <unistd.h>

#include <mutex>

static std::mutex lock;
static int depth = 0;
static int kept = -1;

static napi_value Mute(napi_env, napi_callback_info) {
  std::lock_guard<std::mutex> guard(lock);
  if (depth++ > 0) return nullptr;
  int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (null < 0) return nullptr;
  kept = fcntl(2, F_DUPFD_CLOEXEC, 3);
  if (kept >= 0) dup2(null, 2);
  close(null);
  return nullptr;
}

static napi_value Restore(napi_env, napi_callback_info) {
  std::lock_guard<std::mutex> guard(lock);
  if (depth == 0 || --depth > 0 || kept < 0) return nullptr;
  dup2(kept, 2);
  close(kept);
  kept = -1;
  return nullptr;
}

static napi_value Init(napi_env env, napi_value exports) {
  napi_value f;
  napi_create_function(env, "mute", NAPI_AUTO_LENGTH, Mute, nullptr, &f);
  napi_set_named_property(env, exports, "mute", f);
  napi_create_function(env, "restore", NAPI_AUTO_LENGTH, Restore, nullptr, &f);
  napi_set_named_property(env, exports, "restore", f);
  return exports;
}

NAPI_MODULE(energy_quiet, Init)
`;

/**
 * The package's build file with one more target, whose result is kept beside the package's addon.
 * @returns null where the file does not look as expected; the build goes on without it then
 */
export function withQuietTarget(gyp: string): string | null {
  if (gyp.includes(QUIET_TARGET)) return gyp;
  const places: readonly (readonly [RegExp, string])[] = [
    [
      /(['"])targets\1\s*:\s*\[/,
      `{ 'target_name': '${QUIET_TARGET}', 'sources': ['binding/${QUIET_TARGET}.cc'] }, `,
    ],
    [/(['"])files\1\s*:\s*\[/, `'<(PRODUCT_DIR)/${QUIET_TARGET}.node', `],
    [/(['"])dependencies\1\s*:\s*\[/, `'${QUIET_TARGET}', `],
  ];
  let out = gyp;
  for (const [place, text] of places) {
    if (!place.test(out)) return null;
    out = out.replace(place, (start) => `${start}${text}`);
  }
  return out;
}
