// SPDX-License-Identifier: Apache-2.0
// 5 could be PU 5 or the mask 0b101; a set says its members.
// refused: conversion from 'int' to non-scalar type|could not convert
#include "holdfast/common/cpu_set.hpp"

#ifdef HOLDFAST_RIGHT
const holdfast::CpuSet pus = {0, 2};
#else
const holdfast::CpuSet pus = 5;
#endif
