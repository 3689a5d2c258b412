// Each anomaly alone, in a history written by hand, and clean histories that come close to one.
#include "sim/history/checker.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "sim/history/event_json.h"
#include "sim/history/testing.h"

namespace antiphon::sim {
namespace {

struct Case {
  const char* name;
  const char* lines;
  std::set<Anomaly> anomalies;
};

const std::vector<Case>& cases() {
  using A = Anomaly;
  static const std::vector<Case> all{
      {"CleanWrites",
       R"({'what':'send','value':'a'}
{'what':'sent','value':'a','outcome':'ok','offset':0}
{'what':'send','value':'b'}
{'what':'fault','reason':'kill'}
{'what':'sent','value':'b','outcome':'unknown'}
{'what':'log','offset':2,'records':[[0,'a'],[1,'b']]})",
       {}},
      {"AnAcknowledgedWriteIsGone",
       R"({'what':'send','value':'a'}
{'what':'sent','value':'a','outcome':'ok','offset':0}
{'what':'fault','reason':'power_cut'}
{'what':'log','offset':0})",
       {A::kLostWrite}},
      {"AnAcknowledgedWriteWhoseLogNobodyRead",
       R"({'what':'send','value':'a'}
{'what':'sent','value':'a','outcome':'ok','offset':0})",
       {A::kLostWrite}},
      {"AWriteWithoutAnAnswerWasServedAndIsGone",
       R"({'what':'send','value':'a'}
{'what':'polled','process':'r','offset':1,'records':[[0,'a']]}
{'what':'fault','reason':'power_cut'}
{'what':'log','offset':0})",
       {A::kLostWrite}},
      {"AWriteWithoutAnAnswerMayBeGone",
       R"({'what':'send','value':'a'}
{'what':'fault','reason':'power_cut'}
{'what':'log','offset':0})",
       {}},
      {"RetentionTookIt",
       R"({'what':'send','value':'a'}
{'what':'sent','value':'a','outcome':'ok','offset':0}
{'what':'log_start','offset':1,'reason':'retention.ms'}
{'what':'log','first':1,'offset':1})",
       {}},
      {"RetentionTookMoreThanItSaid",
       R"({'what':'send','value':'a'}
{'what':'sent','value':'a','outcome':'ok','offset':0}
{'what':'send','value':'b'}
{'what':'sent','value':'b','outcome':'ok','offset':1}
{'what':'log_start','offset':1,'reason':'retention.ms'}
{'what':'log','first':2,'offset':2})",
       {A::kLostWrite}},
      {"ATopicWasDeleted",
       R"({'what':'send','value':'a'}
{'what':'sent','value':'a','outcome':'ok','offset':0}
{'what':'topic_gone'})",
       {}},
      {"APowerCutTookAcks1",
       R"({'what':'send','value':'a','acks':1}
{'what':'sent','value':'a','outcome':'ok','offset':0}
{'what':'fault','reason':'power_cut'}
{'what':'log','offset':0})",
       {}},
      {"AKillTookAcks1",
       R"({'what':'send','value':'a','acks':1}
{'what':'sent','value':'a','outcome':'ok','offset':0}
{'what':'fault','reason':'kill'}
{'what':'log','offset':0})",
       {A::kLostWrite}},
      {"TheSecondPowerCutTookAcks1ThatHadComeThroughTheFirst",
       R"({'what':'send','value':'a','acks':1}
{'what':'sent','value':'a','outcome':'ok','offset':0}
{'what':'fault','reason':'power_cut'}
{'what':'polled','process':'r','offset':1,'records':[[0,'a']]}
{'what':'fault','reason':'power_cut'}
{'what':'log','offset':0})",
       {A::kLostWrite}},
      {"APowerCutTookAcks1BelowAcknowledgedAcksAll",
       R"({'what':'send','value':'a','acks':1}
{'what':'sent','value':'a','outcome':'ok','offset':0}
{'what':'send','value':'b'}
{'what':'sent','value':'b','outcome':'ok','offset':1}
{'what':'fault','reason':'power_cut'}
{'what':'log','first':0,'offset':2,'records':[[1,'b']]})",
       {A::kLostWrite}},
      {"AcksAllTookTheOffsetOfAcks1ThatAPowerCutTook",
       R"({'what':'send','value':'a','acks':1}
{'what':'sent','value':'a','outcome':'ok','offset':0}
{'what':'fault','reason':'power_cut'}
{'what':'send','value':'b'}
{'what':'sent','value':'b','outcome':'ok','offset':0}
{'what':'log','offset':1,'records':[[0,'b']]})",
       {}},
      {"Acks0MayGo",
       R"({'what':'send','value':'a','acks':0}
{'what':'sent','value':'a','outcome':'ok'}
{'what':'fault','reason':'kill'}
{'what':'log','offset':0})",
       {}},
      {"Acks0WasServedAndAKillTookIt",
       R"({'what':'send','value':'a','acks':0}
{'what':'sent','value':'a','outcome':'ok'}
{'what':'polled','process':'r','offset':1,'records':[[0,'a']]}
{'what':'fault','reason':'kill'}
{'what':'log','offset':0})",
       {A::kLostWrite}},
      {"OneSendStandsTwice",
       R"({'what':'send','value':'a'}
{'what':'sent','value':'a','outcome':'ok','offset':0}
{'what':'log','offset':2,'records':[[0,'a'],[1,'a']]})",
       {A::kDuplicate}},
      {"OneSendStandsTwiceAsItMay",
       R"({'what':'send','value':'a','repeats':true}
{'what':'sent','value':'a','outcome':'ok','offset':1}
{'what':'log','offset':2,'records':[[0,'a'],[1,'a']]})",
       {}},
      {"AnAnswerNamedAnotherOffset",
       R"({'what':'send','value':'a'}
{'what':'sent','value':'a','outcome':'ok','offset':5}
{'what':'log','offset':7,'records':[[6,'a']]})",
       {A::kInconsistentOffsets}},
      {"TwoRecordsAtOneOffset",
       R"({'what':'send','value':'a'}
{'what':'send','value':'b'}
{'what':'polled','process':'r','offset':1,'records':[[0,'a']]}
{'what':'position','process':'r','offset':0,'reason':'seek'}
{'what':'polled','process':'r','offset':1,'records':[[0,'b']]}
{'what':'log','offset':2,'records':[[0,'b'],[1,'a']]})",
       {A::kInconsistentOffsets}},
      {"APowerCutGaveAnAcks1OffsetToAnother",
       R"({'what':'send','value':'a','acks':1}
{'what':'sent','value':'a','outcome':'ok','offset':0}
{'what':'send','value':'b','acks':1}
{'what':'polled','process':'r','offset':1,'records':[[0,'a']]}
{'what':'fault','reason':'power_cut'}
{'what':'position','process':'r','offset':0,'reason':'out of range'}
{'what':'polled','process':'r','offset':1,'records':[[0,'b']]}
{'what':'log','offset':1,'records':[[0,'b']]})",
       {}},
      {"OffsetsOutOfOrderInTheLog",
       R"({'what':'send','value':'a'}
{'what':'send','value':'b'}
{'what':'log','offset':2,'records':[[1,'b'],[0,'a']]})",
       {A::kInconsistentOffsets}},
      {"AReaderWasLedPastARecord",
       R"({'what':'send','value':'a'}
{'what':'send','value':'b'}
{'what':'send','value':'c'}
{'what':'position','process':'r','offset':0,'reason':'start'}
{'what':'polled','process':'r','offset':1,'records':[[0,'a']]}
{'what':'polled','process':'r','offset':3,'records':[[2,'c']]}
{'what':'log','offset':3,'records':[[0,'a'],[1,'b'],[2,'c']]})",
       {A::kPollSkip}},
      {"AReaderWasLedPastARecordByAnEmptyAnswer",
       R"({'what':'send','value':'a'}
{'what':'position','process':'r','offset':0,'reason':'start'}
{'what':'polled','process':'r','offset':1}
{'what':'log','offset':1,'records':[[0,'a']]})",
       {A::kPollSkip}},
      {"AReaderPassedAMarkerAndWhatWasAborted",
       R"({'what':'begin','transaction':'x'}
{'what':'send','value':'a','transaction':'x'}
{'what':'sent','value':'a','outcome':'ok','offset':0}
{'what':'end','transaction':'x','commits':false}
{'what':'ended','transaction':'x','outcome':'ok'}
{'what':'send','value':'b'}
{'what':'sent','value':'b','outcome':'ok','offset':2}
{'what':'position','process':'r','offset':0,'reason':'start'}
{'what':'polled','process':'r','offset':3,'records':[[2,'b']],'committed_only':true}
{'what':'log','offset':3,'records':[[0,'a'],[2,'b']]}
{'what':'log','offset':3,'records':[[2,'b']],'committed_only':true})",
       {}},
      {"AReaderWentBack",
       R"({'what':'send','value':'a'}
{'what':'send','value':'b'}
{'what':'position','process':'r','offset':0,'reason':'start'}
{'what':'polled','process':'r','offset':2,'records':[[0,'a'],[1,'b']]}
{'what':'polled','process':'r','offset':2,'records':[[1,'b']]}
{'what':'log','offset':2,'records':[[0,'a'],[1,'b']]})",
       {A::kNonMonotonicPoll}},
      {"AReaderAskedToGoBack",
       R"({'what':'send','value':'a'}
{'what':'position','process':'r','offset':0,'reason':'start'}
{'what':'polled','process':'r','offset':1,'records':[[0,'a']]}
{'what':'position','process':'r','offset':0,'reason':'committed'}
{'what':'polled','process':'r','offset':1,'records':[[0,'a']]}
{'what':'log','offset':1,'records':[[0,'a']]})",
       {}},
      {"AnAbortedRecordWasRead",
       R"({'what':'begin','transaction':'x'}
{'what':'send','value':'a','transaction':'x'}
{'what':'polled','process':'r','offset':1,'records':[[0,'a']],'committed_only':true}
{'what':'end','transaction':'x','commits':false}
{'what':'ended','transaction':'x','outcome':'ok'}
{'what':'log','offset':2,'records':[[0,'a']]}
{'what':'log','offset':2,'committed_only':true})",
       {A::kAbortedRead}},
      {"ARecordWasReadBeforeItsTransactionEnded",
       R"({'what':'begin','transaction':'x'}
{'what':'send','value':'a','transaction':'x'}
{'what':'polled','process':'r','offset':1,'records':[[0,'a']],'committed_only':true}
{'what':'end','transaction':'x','commits':true}
{'what':'ended','transaction':'x','outcome':'ok'}
{'what':'log','offset':2,'records':[[0,'a']]}
{'what':'log','offset':2,'records':[[0,'a']],'committed_only':true})",
       {A::kAbortedRead}},
      {"ACommitWithoutAnAnswerMayBeThere",
       R"({'what':'begin','transaction':'x'}
{'what':'send','value':'a','transaction':'x'}
{'what':'sent','value':'a','outcome':'ok','offset':0}
{'what':'end','transaction':'x','commits':true}
{'what':'fault','reason':'power_cut'}
{'what':'ended','transaction':'x','outcome':'unknown'}
{'what':'log','offset':2,'records':[[0,'a']]}
{'what':'log','offset':2,'records':[[0,'a']],'committed_only':true})",
       {}},
      {"HalfOfATransaction",
       R"({'what':'begin','transaction':'x'}
{'what':'send','value':'a','transaction':'x'}
{'what':'send','value':'b','transaction':'x','partition':1,'topic':'t'}
{'what':'sent','value':'a','outcome':'ok','offset':0}
{'what':'sent','value':'b','outcome':'ok','offset':0,'partition':1,'topic':'t'}
{'what':'end','transaction':'x','commits':true}
{'what':'ended','transaction':'x','outcome':'unknown'}
{'what':'log','offset':2,'records':[[0,'a']],'committed_only':true}
{'what':'log','offset':1,'committed_only':true,'partition':1,'topic':'t'})",
       {A::kTornTransaction}},
      {"ACommittedTransactionIsHiddenWhole",
       R"({'what':'begin','transaction':'x'}
{'what':'send','value':'a','transaction':'x'}
{'what':'sent','value':'a','outcome':'ok','offset':0}
{'what':'end','transaction':'x','commits':true}
{'what':'ended','transaction':'x','outcome':'ok'}
{'what':'log','offset':2,'records':[[0,'a']]}
{'what':'log','offset':2,'committed_only':true})",
       {A::kLostWrite}},
      {"ARefusedEndWasCarriedOut",
       R"({'what':'begin','transaction':'x'}
{'what':'send','value':'a','transaction':'x'}
{'what':'sent','value':'a','outcome':'ok','offset':0}
{'what':'end','transaction':'x','commits':true}
{'what':'ended','transaction':'x','outcome':'failed'}
{'what':'log','offset':2,'records':[[0,'a']]}
{'what':'log','offset':2,'records':[[0,'a']],'committed_only':true})",
       {A::kAbortedRead}},
      {"OffsetsOfATransactionThatEndsWhileTheyAreAskedFor",
       R"({'what':'begin','transaction':'x'}
{'what':'commit','group':'g','offset':7,'transaction':'x'}
{'what':'committed','group':'g','offset':7,'transaction':'x','outcome':'ok'}
{'what':'ask','process':'r','group':'g'}
{'what':'end','transaction':'x','commits':true}
{'what':'stored','process':'r','group':'g','offset':7}
{'what':'ended','transaction':'x','outcome':'ok'})",
       {}},
      {"TheRecordsOfATransactionAreThereAndItsOffsetsAreNot",
       R"({'what':'begin','transaction':'x'}
{'what':'send','value':'a','transaction':'x'}
{'what':'sent','value':'a','outcome':'ok','offset':0}
{'what':'commit','group':'g','offset':7,'transaction':'x'}
{'what':'committed','group':'g','offset':7,'transaction':'x','outcome':'ok'}
{'what':'end','transaction':'x','commits':true}
{'what':'ended','transaction':'x','outcome':'unknown'}
{'what':'log','offset':2,'records':[[0,'a']],'committed_only':true}
{'what':'stored','group':'g'})",
       {A::kLostOffsets}},
      {"TheOffsetsOfATransactionAreThereAndItsRecordsAreNot",
       R"({'what':'begin','transaction':'x'}
{'what':'send','value':'a','transaction':'x'}
{'what':'sent','value':'a','outcome':'ok','offset':0}
{'what':'commit','group':'g','offset':7,'transaction':'x'}
{'what':'committed','group':'g','offset':7,'transaction':'x','outcome':'ok'}
{'what':'end','transaction':'x','commits':true}
{'what':'ended','transaction':'x','outcome':'unknown'}
{'what':'log','offset':2,'committed_only':true}
{'what':'stored','group':'g','offset':7})",
       {A::kEscapedOffsets}},
      {"TwoTransactionsCommitTheSameOffsetAndOneIsAborted",
       R"({'what':'begin','transaction':'x'}
{'what':'commit','group':'g','offset':7,'transaction':'x'}
{'what':'begin','transaction':'y'}
{'what':'commit','group':'g','offset':7,'transaction':'y'}
{'what':'committed','group':'g','offset':7,'transaction':'y','outcome':'ok'}
{'what':'end','transaction':'y','commits':true}
{'what':'ended','transaction':'y','outcome':'ok'}
{'what':'committed','group':'g','offset':7,'transaction':'x','outcome':'failed'}
{'what':'stored','group':'g','offset':7}
{'what':'stored','group':'g'})",
       {A::kLostOffsets}},
      {"OffsetsOfAnAbortedTransaction",
       R"({'what':'begin','transaction':'x'}
{'what':'commit','group':'g','offset':7,'transaction':'x'}
{'what':'committed','group':'g','offset':7,'outcome':'ok'}
{'what':'end','transaction':'x','commits':false}
{'what':'ended','transaction':'x','outcome':'ok'}
{'what':'stored','group':'g','offset':7})",
       {A::kEscapedOffsets}},
      {"OffsetsOfAnOpenTransaction",
       R"({'what':'begin','transaction':'x'}
{'what':'commit','group':'g','offset':7,'transaction':'x'}
{'what':'committed','group':'g','offset':7,'outcome':'ok'}
{'what':'stored','group':'g','offset':7}
{'what':'end','transaction':'x','commits':true}
{'what':'ended','transaction':'x','outcome':'ok'})",
       {A::kEscapedOffsets}},
      {"OffsetsOfACommittedTransactionAreGone",
       R"({'what':'begin','transaction':'x'}
{'what':'commit','group':'g','offset':7,'transaction':'x'}
{'what':'committed','group':'g','offset':7,'outcome':'ok'}
{'what':'end','transaction':'x','commits':true}
{'what':'ended','transaction':'x','outcome':'ok'}
{'what':'stored','group':'g'})",
       {A::kLostOffsets}},
      {"AnAcknowledgedCommitIsOlderWhenAskedFor",
       R"({'what':'commit','group':'g','offset':3}
{'what':'committed','group':'g','offset':3,'outcome':'ok'}
{'what':'commit','group':'g','offset':7}
{'what':'committed','group':'g','offset':7,'outcome':'ok'}
{'what':'stored','group':'g','offset':3})",
       {A::kLostOffsets}},
      {"AnAcknowledgedCommitIsGone",
       R"({'what':'commit','group':'g','offset':3}
{'what':'committed','group':'g','offset':3,'outcome':'ok'}
{'what':'stored','group':'g'})",
       {A::kLostOffsets}},
      {"ACommitThatNobodyMade", R"({'what':'stored','group':'g','offset':4})", {A::kLostOffsets}},
      {"ACommitWithoutAnAnswerMayHaveComeOrNot",
       R"({'what':'commit','group':'g','offset':3}
{'what':'committed','group':'g','offset':3,'outcome':'ok'}
{'what':'commit','group':'g','offset':7}
{'what':'committed','group':'g','offset':7,'outcome':'unknown'}
{'what':'stored','group':'g','offset':3}
{'what':'stored','group':'g','offset':7})",
       {}},
      {"ARecordThatNobodySent", R"({'what':'log','offset':1,'records':[[0,'a']]})", {A::kUnknownRecord}},
      {"ARecordOfAnotherPartition",
       R"({'what':'send','value':'a','partition':1,'topic':'t'}
{'what':'polled','process':'r','offset':1,'records':[[0,'a']]}
{'what':'log','offset':1,'records':[[0,'a']],'partition':1,'topic':'t'})",
       {A::kUnknownRecord}},
      {"ARefusedWriteStandsInTheLog",
       R"({'what':'send','value':'a'}
{'what':'sent','value':'a','outcome':'failed'}
{'what':'log','offset':1,'records':[[0,'a']]})",
       {A::kUnknownRecord}},
  };
  return all;
}

class Checker : public ::testing::TestWithParam<Case> {};

TEST_P(Checker, FindsJustWhatIsWrong) {
  const Verdict verdict = judge(history_of(GetParam().lines));
  std::set<Anomaly> anomalies;
  std::string text;
  for (const Finding& finding : verdict.findings) {
    anomalies.insert(finding.anomaly);
    text += to_string(finding.anomaly) + ": " + finding.what + "\n";
  }
  EXPECT_EQ(anomalies, GetParam().anomalies) << text;
}

INSTANTIATE_TEST_SUITE_P(Histories, Checker, ::testing::ValuesIn(cases()),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(CheckerTest, WhatIsLostWithinThePromisesIsCounted) {
  const Verdict verdict = judge(history_of(R"({'what':'send','value':'a','acks':1}
{'what':'sent','value':'a','outcome':'ok','offset':0}
{'what':'send','value':'b','acks':0}
{'what':'sent','value':'b','outcome':'ok'}
{'what':'fault','reason':'power_cut'}
{'what':'log','offset':0})"));
  EXPECT_EQ(verdict.allowed_losses[0], 1U);
  EXPECT_EQ(verdict.allowed_losses[1], 1U);
  EXPECT_EQ(verdict.acknowledged[1], 1U);
  EXPECT_TRUE(verdict.findings.empty());
  EXPECT_NE(summary(verdict).find("acks=1 allows"), std::string::npos);
}

TEST(CheckerTest, AnAnswerWrittenDownBehindThePowerCutThatFollowedItIsNoLossWhereNotesMayBeLate) {
  const History history = history_of(R"({'what':'send','value':'a','acks':1}
{'what':'fault','reason':'power_cut'}
{'what':'sent','value':'a','outcome':'ok','offset':0}
{'what':'polled','process':'r','offset':1,'records':[[0,'a']]}
{'what':'log','offset':0})");
  EXPECT_FALSE(judge(history).findings.empty());
  EXPECT_TRUE(judge(history, 1).findings.empty());
  const History later = history_of(R"({'what':'fault','reason':'power_cut'}
{'what':'send','value':'a','acks':1}
{'what':'sent','value':'a','outcome':'ok','offset':0}
{'what':'log','offset':0})");
  EXPECT_FALSE(judge(later, 1).findings.empty()) << "sent behind the last power cut";
}

TEST(HistoryLines, WhatIsWrittenIsReadAgain) {
  const History history =
      history_of(R"({'what':'send','process':'p','value':'a','acks':0,'repeats':true,'transaction':'x'}
{'what':'end','transaction':'x','commits':true}
{'what':'committed','group':'g','offset':9,'outcome':'unknown'}
{'what':'log','first':3,'offset':5,'records':[[3,'a'],[4,'b']],'committed_only':true}
{'what':'send','process':'p','value':'b','transaction':'x','of':'a'}
{'what':'assigned','process':'p','group':'g','generation':3}
{'what':'fault','reason':'kill'})");
  ASSERT_EQ(history.size(), 7U);
  EXPECT_EQ(history[4].of, "a");
  EXPECT_EQ(history[5].generation, GenerationId(3));
  for (const Event& event : history) {
    const std::string line = to_json_line(event);
    const auto again = event_from_json(line);
    ASSERT_TRUE(again) << line;
    EXPECT_EQ(to_json_line(*again), line);
  }
}

TEST(HistoryLines, AMisspeltFieldIsRefusedWithItsLine) {
  std::istringstream in("{\"what\":\"begin\",\"transaction\":\"x\"}\n{\"what\":\"begin\",\"transction\":\"x\"}\n");
  const auto history = read_history(in);
  ASSERT_FALSE(history);
  EXPECT_NE(history.error().message.find("line 2"), std::string::npos) << history.error().message;
  for (const char* bad : {"", "[]", "{\"what\":\"sneeze\"}", "{\"what\":\"sent\",\"outcome\":\"good\"}", "{\"what\":1}",
                          "{\"what\":\"polled\",\"records\":[[0]]}"}) {
    EXPECT_FALSE(event_from_json(bad)) << bad;
  }
}

}  // namespace
}  // namespace antiphon::sim
