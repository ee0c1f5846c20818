// SPDX-License-Identifier: Apache-2.0
// Our declarations of NVML against the vendor's, where its header is installed. It is not free, so
// the build must do without it; the layouts are then held by their sizes alone.
#include "nvml/abi.hpp"

#include <cstddef>

#include <gtest/gtest.h>

#if __has_include(<nvml.h>)
#include <nvml.h>
#define HOLDFAST_HAS_NVML_H 1
#endif

namespace holdfast::health::nvml {
namespace {

TEST(NvmlAbi, HasTheSizesEveryDriverWasBuiltWith) {
  EXPECT_EQ(sizeof(PciInfo), 68U);
  EXPECT_EQ(sizeof(Memory), 24U);
  EXPECT_EQ(sizeof(MemoryV2), 40U);
  EXPECT_EQ(sizeof(SramErrors), 104U);
  EXPECT_EQ(sizeof(Process), 24U);
  EXPECT_EQ(sizeof(FieldValue), 40U);
  EXPECT_EQ(sizeof(FabricInfo), 28U);
  EXPECT_EQ(sizeof(FabricInfoV2), 36U);
  EXPECT_EQ(sizeof(FabricInfoV3), 40U);
  EXPECT_EQ(sizeof(Temperature), 12U);
  EXPECT_EQ(versioned<MemoryV2>(2), 0x02000028U);
}

TEST(NvmlAbi, LaysTheShorterFabricRecordAtTheBeginningOfTheLonger) {
  EXPECT_EQ(offsetof(FabricInfoV2, health), offsetof(FabricInfoV3, health));
  EXPECT_EQ(offsetof(FabricInfoV2, status), offsetof(FabricInfoV3, status));
}

TEST(NvmlAbi, AgreesWithTheVendorsHeader) {
#ifndef HOLDFAST_HAS_NVML_H
  GTEST_SKIP() << "nvml.h is not installed here";
#else
  EXPECT_EQ(sizeof(PciInfo), sizeof(nvmlPciInfo_t));
  EXPECT_EQ(offsetof(PciInfo, bus_id), offsetof(nvmlPciInfo_t, busId));
  EXPECT_EQ(sizeof(Memory), sizeof(nvmlMemory_t));
  EXPECT_EQ(offsetof(Memory, used), offsetof(nvmlMemory_t, used));
  EXPECT_EQ(versioned<MemoryV2>(2), nvmlMemory_v2);
  EXPECT_EQ(offsetof(MemoryV2, used), offsetof(nvmlMemory_v2_t, used));
  EXPECT_EQ(sizeof(Bar1Memory), sizeof(nvmlBAR1Memory_t));
  EXPECT_EQ(sizeof(SramErrors), sizeof(nvmlEccSramErrorStatus_v1_t));
  EXPECT_EQ(offsetof(SramErrors, aggregate_double),
            offsetof(nvmlEccSramErrorStatus_v1_t, aggregateUncSecDed));
  EXPECT_EQ(offsetof(SramErrors, threshold_exceeded),
            offsetof(nvmlEccSramErrorStatus_v1_t, bThresholdExceeded));
  EXPECT_EQ(sizeof(RowRemapperHistogram), sizeof(nvmlRowRemapperHistogramValues_t));
  EXPECT_EQ(offsetof(RowRemapperHistogram, none), offsetof(nvmlRowRemapperHistogramValues_t, none));
  EXPECT_EQ(sizeof(UnrepairableMemory), sizeof(nvmlUnrepairableMemoryStatus_v1_t));
  EXPECT_EQ(versioned<Temperature>(1), nvmlTemperature_v1);
  EXPECT_EQ(offsetof(Temperature, degrees), offsetof(nvmlTemperature_v1_t, temperature));
  EXPECT_EQ(versioned<MarginTemperature>(1), nvmlMarginTemperature_v1);
  EXPECT_EQ(sizeof(Utilization), sizeof(nvmlUtilization_t));
  EXPECT_EQ(sizeof(Process), sizeof(nvmlProcessInfo_t));
  EXPECT_EQ(offsetof(Process, memory_bytes), offsetof(nvmlProcessInfo_t, usedGpuMemory));
  EXPECT_EQ(sizeof(FieldValue), sizeof(nvmlFieldValue_t));
  EXPECT_EQ(offsetof(FieldValue, type), offsetof(nvmlFieldValue_t, valueType));
  EXPECT_EQ(offsetof(FieldValue, result), offsetof(nvmlFieldValue_t, nvmlReturn));
  EXPECT_EQ(offsetof(FieldValue, value), offsetof(nvmlFieldValue_t, value));
  EXPECT_EQ(static_cast<unsigned>(ValueType::integer),
            static_cast<unsigned>(NVML_VALUE_TYPE_SIGNED_INT));
  EXPECT_EQ(static_cast<unsigned>(ValueType::natural_wide),
            static_cast<unsigned>(NVML_VALUE_TYPE_UNSIGNED_LONG_LONG));
  EXPECT_EQ(sizeof(FabricInfo), sizeof(nvmlGpuFabricInfo_t));
  EXPECT_EQ(versioned<FabricInfoV2>(2), nvmlGpuFabricInfo_v2);
  EXPECT_EQ(versioned<FabricInfoV3>(3), nvmlGpuFabricInfo_v3);
  EXPECT_EQ(offsetof(FabricInfoV3, state), offsetof(nvmlGpuFabricInfo_v3_t, state));
  EXPECT_EQ(offsetof(FabricInfoV3, health), offsetof(nvmlGpuFabricInfo_v3_t, healthMask));
  EXPECT_EQ(offsetof(FabricInfoV3, summary), offsetof(nvmlGpuFabricInfo_v3_t, healthSummary));
#endif
}

TEST(NvmlAbi, NamesCodesAndFieldsAsTheVendorNumbersThem) {
#ifndef HOLDFAST_HAS_NVML_H
  GTEST_SKIP() << "nvml.h is not installed here";
#else
  EXPECT_EQ(code::not_supported, NVML_ERROR_NOT_SUPPORTED);
  EXPECT_EQ(code::no_permission, NVML_ERROR_NO_PERMISSION);
  EXPECT_EQ(code::insufficient_size, NVML_ERROR_INSUFFICIENT_SIZE);
  EXPECT_EQ(code::insufficient_power, NVML_ERROR_INSUFFICIENT_POWER);
  EXPECT_EQ(code::driver_not_loaded, NVML_ERROR_DRIVER_NOT_LOADED);
  EXPECT_EQ(code::interrupt_trouble, NVML_ERROR_IRQ_ISSUE);
  EXPECT_EQ(code::function_not_found, NVML_ERROR_FUNCTION_NOT_FOUND);
  EXPECT_EQ(code::corrupted_inforom, NVML_ERROR_CORRUPTED_INFOROM);
  EXPECT_EQ(code::gpu_is_lost, NVML_ERROR_GPU_IS_LOST);
  EXPECT_EQ(code::reset_required, NVML_ERROR_RESET_REQUIRED);
  EXPECT_EQ(code::version_mismatch, NVML_ERROR_LIB_RM_VERSION_MISMATCH);
  EXPECT_EQ(code::argument_version_mismatch, NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
  EXPECT_EQ(code::deprecated, NVML_ERROR_DEPRECATED);
  EXPECT_EQ(code::unknown, NVML_ERROR_UNKNOWN);
  EXPECT_EQ(field::memory_temperature, unsigned{NVML_FI_DEV_MEMORY_TEMP});
  EXPECT_EQ(field::nvlink_count, unsigned{NVML_FI_DEV_NVLINK_LINK_COUNT});
  EXPECT_EQ(field::pcie_rollovers, unsigned{NVML_FI_DEV_PCIE_REPLAY_ROLLOVER_COUNTER});
  EXPECT_EQ(field::remap_pending, unsigned{NVML_FI_DEV_REMAPPED_PENDING});
  EXPECT_EQ(field::nvlink_speed, unsigned{NVML_FI_DEV_NVLINK_GET_SPEED});
  EXPECT_EQ(field::c2c_count, unsigned{NVML_FI_DEV_C2C_LINK_COUNT});
  EXPECT_EQ(field::c2c_state, unsigned{NVML_FI_DEV_C2C_LINK_GET_STATUS});
  EXPECT_EQ(field::pcie_fatal, unsigned{NVML_FI_DEV_PCIE_COUNT_FATAL_ERROR});
  EXPECT_EQ(field::nvlink_receive_errors, unsigned{NVML_FI_DEV_NVLINK_COUNT_RCV_ERRORS});
  EXPECT_EQ(field::nvlink_recoveries, unsigned{NVML_FI_DEV_NVLINK_COUNT_LINK_RECOVERY_EVENTS});
  EXPECT_EQ(field::recovery_action, unsigned{NVML_FI_DEV_GET_GPU_RECOVERY_ACTION});
  EXPECT_EQ(most_nvlinks, unsigned{NVML_NVLINK_MAX_LINKS});
  EXPECT_EQ(choice::uncorrected, static_cast<unsigned>(NVML_MEMORY_ERROR_TYPE_UNCORRECTED));
  EXPECT_EQ(choice::for_life, static_cast<unsigned>(NVML_AGGREGATE_ECC));
  EXPECT_EQ(choice::slowdown, static_cast<unsigned>(NVML_TEMPERATURE_THRESHOLD_SLOWDOWN));
  EXPECT_EQ(choice::crc_data, static_cast<unsigned>(NVML_NVLINK_ERROR_DL_CRC_DATA));
#endif
}

}  // namespace
}  // namespace holdfast::health::nvml
