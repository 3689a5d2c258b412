// The canary: it must fail. `./dev test` runs it by itself and counts it as passed when the failure is seen.
#include <gtest/gtest.h>

TEST(Canary, MustFail) { EXPECT_EQ(1, 2) << "a failure that nobody sees would hide every other"; }
