import * as CLIENT from './clientcodes.js';
import { ChatError } from './errors.js';

/**
 * The methods of Tencent's web SDK 3.6 that Exthub does not have, by what they are about. An app
 * that calls one gets a sentence, not a TypeError.
 */
const PROMISED = `
downloadMergerMessage deleteMessage translateText convertVoiceToText modifyMessage
searchCloudMessages searchCloudGroups searchCloudUsers searchCloudGroupMembers
addMessageReaction removeMessageReaction getMessageReactions getAllUserListOfMessageReaction
getMessageListHopping sendMessageReadReceipt getMessageReadReceiptList
getGroupMessageReadMemberList

deleteConversation setConversationDraft clearHistoryMessage pinConversation setAllMessageRead
setMessageRemindType setAllReceiveMessageOpt getAllReceiveMessageOpt setConversationCustomData markConversation
getConversationGroupList createConversationGroup deleteConversationGroup renameConversationGroup
addConversationsToGroup deleteConversationsFromGroup

getBlacklist addToBlacklist removeFromBlacklist setSelfStatus
getUserStatus subscribeUserStatus unsubscribeUserStatus

getFriendList addFriend deleteFriend checkFriend getFriendProfile updateFriend
getFriendApplicationList acceptFriendApplication refuseFriendApplication deleteFriendApplication
setFriendApplicationRead getFriendGroupList createFriendGroup deleteFriendGroup addToFriendGroup
removeFromFriendGroup renameFriendGroup followUser unfollowUser getMyFollowersList
getMyFollowingList getMutualFollowersList getUserFollowInfo checkFollowType

updateGroupProfile pinGroupMessage getPinnedGroupMessageList searchGroupByID
getGroupOnlineMemberCount changeGroupOwner getGroupApplicationList
handleGroupApplication initGroupAttributes setGroupAttributes deleteGroupAttributes
getGroupAttributes setGroupCounters increaseGroupCounter decreaseGroupCounter getGroupCounters
getGroupMemberProfile setGroupMemberMuteTime setGroupMemberRole setGroupMemberNameCard
setGroupMemberCustomField markGroupMemberList getJoinedCommunityList createTopicInCommunity
deleteTopicFromCommunity updateTopicProfile getTopicList

invite inviteInGroup cancel accept reject modifyInvitation
`;

/** Those that return a message, so there is no promise to reject: they throw. */
const THROWN = `
createTextAtMessage createImageMessage createAudioMessage createVideoMessage createFaceMessage
createFileMessage createLocationMessage createMergerMessage createForwardMessage
`;

/** Those that take a callback for the error as their last parameter. */
const CALLED_BACK = 'inviteSync inviteInGroupSync';

/** Those that ask for events which never come, or take them back. */
const LISTENING = 'addSignalingListener removeSignalingListener';

const refusal = (/** @type {string} */ name) =>
  new ChatError(CLIENT.ABSENT, `${name} is not in Exthub.`);

const answer = (/** @type {object} */ data) => Promise.resolve({ code: 0, data });

/**
 * Adds the methods to the class of the chat.
 *
 * @param {Record<string, any>} prototype
 */
export function addAbsentMethods(prototype) {
  /** @type {(names: string, make: (name: string) => (...args: any[]) => any) => void} */
  const add = (names, make) => {
    for (const name of names.trim().split(/\s+/)) prototype[name] = make(name);
  };
  add(PROMISED, (name) => () => Promise.reject(refusal(name)));
  add(THROWN, (name) => () => {
    throw refusal(name);
  });
  add(CALLED_BACK, (name) => (...args) => {
    const onError = args[args.length - 1];
    if (typeof onError === 'function') onError(refusal(name));
  });
  add(LISTENING, (name) => () => console.warn(refusal(name).message));
  add('callExperimentalAPI', (name) => (api, param) => {
    // The first three are what Tencent's UI engine asks. It does not expect a refusal.
    if (api === 'canIUseModule') return [param].flat().every((one) => one === 'group-module');
    if (api === 'isCommercialAbilityEnabled') return answer({ enabled: false });
    if (api === 'statTUIKeyFeatures') return answer({});
    return Promise.reject(refusal(name));
  });
  add('getSignalingInfo', () => () => null);
  add('getTotalUnreadMessageCount', () => () => 0);
}
