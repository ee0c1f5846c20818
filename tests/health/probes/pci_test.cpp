// SPDX-License-Identifier: Apache-2.0
#include "fake_root.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

using holdfast::testing::FakeRoot;

/// A function below `path`, "pci0000:10/0000:10:01.0/0000:11:00.0", with a link of full width.
void add(FakeRoot& root,
         const std::string& path,
         std::string_view pci_class,
         std::string_view vendor) {
  const std::string folder = cat("sys/devices/", path);
  const std::string address = path.substr(path.rfind('/') + 1);
  root.file(cat(folder, "/class"), pci_class)
      .file(cat(folder, "/vendor"), vendor)
      .file(cat(folder, "/device"), "0x2330")
      .file(cat(folder, "/current_link_width"), "16")
      .file(cat(folder, "/max_link_width"), "16")
      .file(cat(folder, "/current_link_speed"), "32.0 GT/s PCIe")
      .file(cat(folder, "/max_link_speed"), "32.0 GT/s PCIe")
      .file(cat(folder, "/aer_dev_correctable"), "RxErr 0\nBadTLP 7\nTOTAL_ERR_COR 7")
      .file(cat(folder, "/aer_dev_nonfatal"), "TOTAL_ERR_NONFATAL 0")
      .file(cat(folder, "/aer_dev_fatal"), "TOTAL_ERR_FATAL 0")
      .file(cat(folder, "/config"), "\xde\x10\x30\x23")
      .link(cat("sys/bus/pci/devices/", address), cat("../../../devices/", path));
}

const PciFacts* find(const Facts& facts, std::string_view address) {
  const auto found = std::ranges::find(*facts.pci, address, &PciFacts::at);
  return found != facts.pci->end() ? &*found : nullptr;
}

class LookAtPci : public ::testing::Test {
 protected:
  LookAtPci() {
    add(root_, "pci0000:10/0000:10:01.0", "0x060400", "0x8086");
    add(root_, "pci0000:10/0000:10:01.0/0000:11:00.0", "0x060400", "0x1000");
    add(root_, "pci0000:10/0000:10:01.0/0000:11:00.0/0000:18:00.0", "0x030200", "0x10de");
    add(root_, "pci0000:20/0000:20:01.0", "0x060400", "0x8086");
    add(root_, "pci0000:20/0000:20:02.0", "0x030000", "0x1a03");
    add(root_, "pci0000:30/0000:30:00.0", "0x020700", "0x15b3");
    add(root_, "pci0000:30/0000:30:00.1", "0x010802", "0x144d");
  }
  Facts look() {
    Facts facts;
    look_at_pci(root_.tree(), Depth::thorough, facts);
    return facts;
  }
  FakeRoot root_;
  const std::string gpu_{"sys/devices/pci0000:10/0000:10:01.0/0000:11:00.0/0000:18:00.0"};
};

TEST_F(LookAtPci, SeesDevicesAndTheBridgesAboveThem) {
  const Facts facts = look();
  const PciFacts* gpu = find(facts, "0000:18:00.0");
  ASSERT_NE(gpu, nullptr);
  EXPECT_EQ(gpu->kind, "gpu");
  EXPECT_EQ(gpu->vendor, "10de");
  EXPECT_EQ(gpu->device, "2330");
  EXPECT_EQ(gpu->above, "0000:11:00.0");
  EXPECT_TRUE(gpu->width.is(16));
  EXPECT_TRUE(gpu->mega_transfers.is(32'000));
  EXPECT_TRUE(gpu->aer_correctable.is(7));
  EXPECT_TRUE(gpu->gone.is(false));
  ASSERT_NE(find(facts, "0000:11:00.0"), nullptr);
  EXPECT_EQ(find(facts, "0000:11:00.0")->above, "0000:10:01.0");
  EXPECT_EQ(find(facts, "0000:10:01.0")->above, "");
  EXPECT_EQ(find(facts, "0000:30:00.0")->kind, "nic");
  EXPECT_EQ(find(facts, "0000:30:00.1")->kind, "nvme");
}

TEST_F(LookAtPci, LeavesOutBridgesToNothingAndTheBoardsOwnScreen) {
  const Facts facts = look();
  EXPECT_EQ(find(facts, "0000:20:01.0"), nullptr);
  EXPECT_EQ(find(facts, "0000:20:02.0"), nullptr);
}

TEST_F(LookAtPci, TellsADeviceByItsClassAndItsVendor) {
  add(root_, "pci0000:40/0000:40:00.0", "0x068000", "0x10de");
  add(root_, "pci0000:40/0000:40:01.0", "0x068000", "0x8086");
  add(root_, "pci0000:40/0000:40:02.0", "0x120000", "0x1002");
  add(root_, "pci0000:40/0000:40:03.0", "0x038000", "0x1002");
  add(root_, "pci0000:40/0000:40:04.0", "0x038000", "0x10de");
  const Facts facts = look();
  ASSERT_NE(find(facts, "0000:40:00.0"), nullptr);
  EXPECT_EQ(find(facts, "0000:40:00.0")->kind, "nvswitch");
  EXPECT_EQ(find(facts, "0000:40:01.0"), nullptr);
  for (const char* gpu : {"0000:40:02.0", "0000:40:03.0"}) {
    ASSERT_NE(find(facts, gpu), nullptr) << gpu;
    EXPECT_EQ(find(facts, gpu)->kind, "gpu") << gpu;
  }
  EXPECT_EQ(find(facts, "0000:40:04.0"), nullptr);
}

TEST_F(LookAtPci, KnowsAGpuByWhatItIsWhateverTheNumberOfItsModel) {
  // lists of device ids disagree even about the H200: 2333 in one, 2335 in another
  for (const char* device : {"0x2333", "0x2335", "0xffff"}) {
    root_.file(cat(gpu_, "/device"), device);
    const Facts facts = look();
    ASSERT_NE(find(facts, "0000:18:00.0"), nullptr) << device;
    EXPECT_EQ(find(facts, "0000:18:00.0")->kind, "gpu") << device;
    EXPECT_EQ(find(facts, "0000:18:00.0")->device, std::string_view(device).substr(2));
  }
}

TEST_F(LookAtPci, LeavesOutVirtualFunctions) {
  root_.link("sys/devices/pci0000:30/0000:30:00.0/physfn", "../0000:30:00.1");
  EXPECT_EQ(find(look(), "0000:30:00.0"), nullptr);
}

TEST_F(LookAtPci, SeesAGpuThatReadsAllOnes) {
  root_.file(cat(gpu_, "/config"), "\xff\xff\xff\xff");
  EXPECT_TRUE(find(look(), "0000:18:00.0")->gone.is(true));
}

TEST_F(LookAtPci, SeesANarrowLink) {
  root_.file(cat(gpu_, "/current_link_width"), "8")
      .file(cat(gpu_, "/current_link_speed"), "2.5 GT/s PCIe");
  const Facts facts = look();
  EXPECT_TRUE(find(facts, "0000:18:00.0")->width.is(8));
  EXPECT_TRUE(find(facts, "0000:18:00.0")->mega_transfers.is(2'500));
}

TEST_F(LookAtPci, TakesWhatTheKernelDoesNotKnowForLacking) {
  root_.file(cat(gpu_, "/current_link_width"), "255")
      .file(cat(gpu_, "/current_link_speed"), "Unknown");
  const Facts facts = look();
  const PciFacts& gpu = *find(facts, "0000:18:00.0");
  EXPECT_EQ(gpu.width.gap(), Gap::lacking);
  EXPECT_EQ(gpu.mega_transfers.gap(), Gap::lacking);
}

TEST_F(LookAtPci, TakesGarbageAndWhatCannotBeReadForUnseen) {
  root_.file(cat(gpu_, "/current_link_width"), "wide")
      .file(cat(gpu_, "/current_link_speed"), "fast GT/s")
      .file(cat(gpu_, "/aer_dev_fatal"), "none")
      .directory(cat(gpu_, "/aer_dev_correctable"));
  const Facts facts = look();
  const PciFacts& gpu = *find(facts, "0000:18:00.0");
  EXPECT_TRUE(gpu.width.unseen());
  EXPECT_TRUE(gpu.mega_transfers.unseen());
  EXPECT_TRUE(gpu.aer_fatal.unseen());
  EXPECT_TRUE(gpu.aer_correctable.unseen());
}

/// 4 KiB of configuration space whose second capability is ACS, with this control word.
std::string config_with_acs(unsigned char control) {
  std::string config(4096, '\0');
  const auto put = [&config](std::size_t at, std::initializer_list<int> bytes) {
    for (const int byte : bytes)
      config[at++] = static_cast<char>(byte);
  };
  put(0x100, {0x01, 0x00, 0x02, 0x15});  // AER; the next one is at 0x150
  put(0x150, {0x0d, 0x00, 0x01, 0x00, 0x5f, 0x00, control, 0x00});
  return config;
}

TEST_F(LookAtPci, SeesABridgeThatRedirectsPeers) {
  const std::string bridge = "sys/devices/pci0000:10/0000:10:01.0/config";
  EXPECT_EQ(find(look(), "0000:10:01.0")->redirects.gap(), Gap::lacking);
  root_.file(bridge, config_with_acs(0x1d));
  EXPECT_TRUE(find(look(), "0000:10:01.0")->redirects.is(true));
  root_.file(bridge, config_with_acs(0x11));
  EXPECT_TRUE(find(look(), "0000:10:01.0")->redirects.is(false));
  std::string circle = config_with_acs(0);
  circle[0x102] = 0x02;
  circle[0x103] = 0x10;  // its next capability is itself
  root_.file(bridge, circle);
  EXPECT_EQ(find(look(), "0000:10:01.0")->redirects.gap(), Gap::lacking);
}

TEST(LookAtPciOfAContainer, LacksABus) {
  const FakeRoot root;
  Facts facts;
  look_at_pci(root.tree(), Depth::thorough, facts);
  EXPECT_EQ(facts.pci.gap(), Gap::lacking);
  EXPECT_TRUE(facts.pci.asked());
}

}  // namespace
}  // namespace holdfast::health
