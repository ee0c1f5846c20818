// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/cpu_set.hpp"
#include "support/temporary_directory.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::testing {

/// A directory with the parts of /sys and /proc that read_machine() looks at, as the kernel and the
/// drivers write them, removed with the object. It starts with no CPU and no device.
class FakeSysfs {
 public:
  [[nodiscard]] const std::filesystem::path& root() const { return root_; }

  /// CPUs, one NUMA node and one L3 cache per package; PU numbers as usual, siblings last.
  struct Cpus {
    unsigned packages{1};
    unsigned cores{4};  ///< per package
    unsigned threads{1};
  };
  FakeSysfs& cpus(const Cpus& shape);

  /// A PCI function. `path` runs from the root complex: "pci0000:10/0000:10:01.0/0000:11:00.0".
  struct Function {
    std::string path;
    std::string pci_class;  ///< "0x030200"
    std::string ids;        ///< "10de:2330"
    int numa{-1};
  };
  FakeSysfs& function(const Function& function);

  FakeSysfs& nvidia_gpu(const std::string& address, unsigned minor, const std::string& uuid);
  FakeSysfs& mig_instance(unsigned minor, unsigned gpu_instance, unsigned compute_instance);
  FakeSysfs& kfd_node(unsigned number, const std::string& properties);

  /// A verbs device on a function; `path` as above, empty for a software device.
  FakeSysfs& verbs(const std::string& name,
                   const std::string& path,
                   const std::string& state = "4: ACTIVE",
                   const std::string& link_layer = "InfiniBand",
                   const std::string& rate = "400 Gb/sec (4X NDR)");

  /// A netdev on a function, or a virtual one.
  FakeSysfs& netdev(const std::string& name,
                    const std::string& path,
                    const std::string& state = "up",
                    const std::string& speed = "25000");

  /// Any device class entry that is a link to its device: class "cxi", name "cxi0".
  FakeSysfs& class_device(const std::string& device_class,
                          const std::string& name,
                          const std::string& path);

  FakeSysfs& file(const std::string& path, std::string_view text);
  FakeSysfs& link(const std::string& path, const std::string& target);

 private:
  [[nodiscard]] std::string device_directory(const std::string& path) const;

  TemporaryDirectory temporary_{"fake-sysfs"};
  std::filesystem::path root_ = temporary_.path();
  std::vector<CpuSet> nodes_;
};

}  // namespace holdfast::testing
