// SPDX-License-Identifier: Apache-2.0
/* Only in a static build. Debian's libhwloc.a asks libudev for the names of disks, and libudev has
 * no archive; linking the shared one would make the one-file program depend on systemd's library.
 * We ask hwloc for no disks. A udev that cannot be opened is a case hwloc handles by going without.
 */
#include <stddef.h>

struct udev;
struct udev_device;

struct udev* udev_new(void);
struct udev* udev_unref(struct udev* context);
struct udev_device* udev_device_new_from_subsystem_sysname(struct udev* context,
                                                           const char* subsystem,
                                                           const char* name);
const char* udev_device_get_property_value(struct udev_device* device, const char* key);
struct udev_device* udev_device_unref(struct udev_device* device);

struct udev* udev_new(void) {
  return NULL;
}

struct udev* udev_unref(struct udev* context) {
  (void)context;
  return NULL;
}

struct udev_device* udev_device_new_from_subsystem_sysname(struct udev* context,
                                                           const char* subsystem,
                                                           const char* name) {
  (void)context;
  (void)subsystem;
  (void)name;
  return NULL;
}

const char* udev_device_get_property_value(struct udev_device* device, const char* key) {
  (void)device;
  (void)key;
  return NULL;
}

struct udev_device* udev_device_unref(struct udev_device* device) {
  (void)device;
  return NULL;
}
