// SPDX-License-Identifier: Apache-2.0
#include "peers.hpp"

#include <array>

namespace holdfast::bench {

namespace {

// Three of its machines are left out because the numbers there mean something else: on
// hwloc-24em64t-2n6c2t-pci.xml and hwloc-96em64t-4n4d3ca2co-pci.xml the ATI ES1000 of the BMC
// counted as a GPU, and on quad-gh200-gpunuma.xml ranks that are dealt a CPU node and the GPU node
// over the same CPUs share all of their cores, which the cost does not count. file, mean over R
// = 1..2G of mpibind and reference; mpibind at R = G: fails, distance, fewest and most cores, share
// of the cores used
constexpr std::array rows{
    PeerRow{"aws-p4d-24xl-topo.xml", 0.14, 0.11, false, 0.00, 6, 6, 1.00},
    PeerRow{"azure-ncv4-topo.xml", 0.36, 0.31, false, 0.00, 24, 24, 1.00},
    PeerRow{"azure-ndv2-topo.xml", 0.17, 0.13, false, 0.00, 5, 5, 1.00},
    PeerRow{"azure-ndv4-topo.xml", 0.24, 0.18, false, 0.00, 12, 12, 1.00},
    PeerRow{"azure-ndv5-topo.xml", 0.13, 0.10, false, 0.00, 12, 12, 1.00},
    PeerRow{"oci-topo-flattened-b4.xml", 1.16, 0.43, false, 0.00, 6, 8, 0.48},
    PeerRow{"oci-topo-flattened.xml", 1.15, 0.42, false, 0.00, 4, 4, 0.50},
    PeerRow{"oci-H100-topology.xml", 0.13, 0.10, false, 0.00, 14, 14, 1.00},
    PeerRow{"mpibind-arm64-ulna-hwloc1.xml", 0.31, 0.29, false, 0.00, 32, 32, 1.00},
    PeerRow{"mpibind-coral-ea-hwloc1.xml", 0.25, 0.19, false, 0.00, 5, 5, 1.00},
    PeerRow{"mpibind-coral-lassen.xml", 0.21, 0.17, false, 0.00, 10, 10, 1.00},
    PeerRow{"mpibind-coral-lassen-hwloc1.xml", 7.69, 0.17, true, 1.00, 0, 40, 1.00},
    PeerRow{"mpibind-cts1-pascal.xml", 0.46, 0.26, false, 0.00, 9, 9, 0.50},
    PeerRow{"mpibind-eas-tioga.xml", 0.31, 0.22, false, 0.00, 8, 8, 1.00},
    PeerRow{"mpibind-epyc-corona.xml", 1.86, 0.51, false, 0.50, 12, 12, 1.00},
    PeerRow{"mpibind-epyc-corona-p2.xml", 0.14, 0.11, false, 0.00, 6, 6, 1.00},
    PeerRow{"mpibind-g4dnmetal.xml", 0.14, 0.11, false, 0.00, 6, 6, 1.00},
    PeerRow{"openpmix-amd-gpus.xml", 3.12, 0.38, false, 0.75, 24, 24, 1.00},
    PeerRow{"openpmix-drm-4gpu.xml", 7.89, 0.03, true, 0.00, 0, 16, 1.00},
    PeerRow{"openpmix-intel-4gpu.xml", 0.25, 0.19, false, 0.00, 2, 2, 1.00},
    PeerRow{"openpmix-intel-flat-4gpu.xml", 0.25, 0.19, false, 0.00, 1, 1, 1.00},
    PeerRow{"openpmix-nvml-4gpu.xml", 7.89, 0.03, true, 0.00, 0, 16, 1.00},
    PeerRow{"openpmix-summit.xml", 0.19, 0.14, false, 0.00, 7, 7, 1.00, true},
    PeerRow{"dgx-a100-nps4.xml", 1.13, 0.41, false, 0.00, 8, 8, 0.50},
    PeerRow{"dgx-a100-nps4-cpuset-numa0-1.xml", 7.66, 0.05, true, 0.00, 0, 8, 0.50},
    PeerRow{"hgx-h100-7gpu-nic-down.xml", 0.19, 0.14, false, 0.00, 14, 19, 1.00},
    PeerRow{"hgx-h100-reversed-nics.xml", 0.13, 0.10, false, 0.00, 14, 14, 1.00},
    PeerRow{"mi300x-8gpu.xml", 0.12, 0.10, false, 0.00, 24, 24, 1.00},
    PeerRow{"pcie-4gpu-one-socket.xml", 0.38, 0.26, false, 0.00, 8, 8, 0.50},
    PeerRow{"quad-gh200.xml", 0.48, 0.42, false, 0.00, 72, 72, 1.00},
    PeerRow{"sparse-3gpu-8numa.xml", 3.23, 0.57, true, 0.58, 16, 24, 1.00},
    PeerRow{"vm-8gpu-no-locality.xml", 13.07, 0.02, true, 0.00, 12, 12, 1.00},
};

constexpr std::array nics{
    NicRow{"aws-p4d-24xl-topo.xml", 1.00, 2},
    NicRow{"azure-ndv4-topo.xml", 1.00, 1},
    NicRow{"azure-ndv5-topo.xml", 1.00, 1},
    NicRow{"oci-topo-flattened-b4.xml", 1.00, 1},
    NicRow{"oci-topo-flattened.xml", 1.00, 1},
    NicRow{"oci-H100-topology.xml", 1.00, 1},
    NicRow{"mpibind-arm64-ulna-hwloc1.xml", 3.00, 1},
    NicRow{"mpibind-coral-ea-hwloc1.xml", 4.00, 2},
    NicRow{"mpibind-coral-lassen.xml", 4.00, 1},
    NicRow{"mpibind-coral-lassen-hwloc1.xml", 4.00, 1},
    NicRow{"mpibind-eas-tioga.xml", 3.50, 2},
    NicRow{"openpmix-drm-4gpu.xml", 5.00, 2},
    NicRow{"openpmix-nvml-4gpu.xml", 5.00, 2},
    NicRow{"openpmix-summit.xml", 4.00, 2},
    NicRow{"dgx-a100-nps4.xml", 1.00, 1},
    NicRow{"dgx-a100-nps4-cpuset-numa0-1.xml", 1.00, 1},
    NicRow{"hgx-h100-7gpu-nic-down.xml", 2.00, 1},
    NicRow{"hgx-h100-reversed-nics.xml", 1.00, 1},
    NicRow{"mi300x-8gpu.xml", 1.00, 1},
    NicRow{"quad-gh200.xml", 4.00, 1},
    NicRow{"quad-gh200-gpunuma.xml", 4.00, 1},
    NicRow{"vm-8gpu-no-locality.xml", 4.00, 1},
};

}  // namespace

std::span<const PeerRow> peer_rows() { return rows; }

std::span<const NicRow> nic_rows() { return nics; }

}  // namespace holdfast::bench
