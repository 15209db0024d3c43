"""Users, chats and messages in the shapes of REST (pages im.user.get and im.dialog.messages.get)."""

from typing import Any

from sandbox.packed import entity_data_1, entity_data_2, entity_id
from sandbox.text import stamp
from sandbox.world import Chat, Message, User

RESTRICTIONS = dict.fromkeys(
    ("avatar", "rename", "extend", "call", "mute", "leave", "leave_owner", "send", "user_list"), True
)
PERMISSIONS = {
    "manage_users_add": "member",
    "manage_users_delete": "manager",
    "manage_ui": "member",
    "manage_settings": "owner",
    "manage_messages": "member",
    "can_post": "member",
}


def user_card(user: User | None) -> dict[str, Any]:
    """The IM card of a user; `{"id": 0}` for the system."""
    if user is None:
        return {"id": 0}
    kind = "extranet" if user.connector else "bot" if user.bot else "user"
    return {
        "id": user.id,
        "active": user.active,
        "name": user.full_name,
        "first_name": user.name,
        "last_name": user.last_name,
        "work_position": user.position,
        "color": user.color,
        "avatar": "",
        "avatar_hr": "",
        "gender": user.gender or "M",
        "birthday": "",
        "extranet": user.connector,
        "network": False,
        "bot": user.bot,
        "connector": user.connector,
        "external_auth_id": "imconnector" if user.connector else "default",
        "status": "online",
        "idle": False,
        "last_activity_date": False,
        "mobile_last_date": False,
        "desktop_last_date": False,
        "absent": False,
        "departments": [] if user.connector else [1],
        "phones": False,
        "bot_data": None,
        "type": "user" if user.connector else kind,
        "website": "",
        "email": "",
    }


def chat_core(chat: Chat, user_id: int) -> dict[str, Any]:
    """The keys that every chat object has."""
    recent = chat.recent.get(user_id)
    lines = chat.kind == "lines"
    return {
        "id": chat.id,
        "name": chat.title,
        "owner": chat.owner,
        "extranet": False,
        "avatar": "",
        "color": chat.color,
        "type": chat.kind,
        "entity_type": "LINES" if lines else "",
        "entity_id": entity_id(chat) if lines else "",
        "entity_data_1": entity_data_1(chat) if lines else "",
        "entity_data_2": entity_data_2(chat) if lines else "",
        "entity_data_3": chat.silent if lines else "",
        "mute_list": {str(number): True for number in sorted(chat.muted)} or [],
        "manager_list": [],
        "date_create": stamp(chat.created),
        "message_type": "L" if lines else "C",
        "user_counter": len(chat.members) + (1 if lines and chat.client_id else 0)
        if recent
        else max(1, len(chat.members)),
        "restrictions": RESTRICTIONS,
    }


def chat_object(chat: Chat, user_id: int) -> dict[str, Any]:
    """The answer of imopenlines.dialog.get and im.dialog.get: lower-case role, no session status."""
    recent = chat.recent.get(user_id)
    last = chat.messages[-1].id if chat.messages else 0
    role = "owner" if chat.owner == user_id else "member" if user_id in chat.members else "guest"
    return chat_core(chat, user_id) | {
        "mute_list": sorted(chat.muted),
        "parent_chat_id": 0,
        "parent_message_id": 0,
        "description": None,
        "contains_collaber": False,
        "counter": recent.counter if recent else 0,
        "message_count": len(chat.messages),
        "unread_id": 0,
        "last_message_id": last,
        "last_id": recent.last_id if recent else 0,
        "marked_id": 0,
        "disk_folder_id": 0,
        "public": "",
        "role": role,
        "entity_link": {"type": "LINES", "url": "", "id": entity_id(chat)},
        "text_field_enabled": True,
        "background_id": None,
        "permissions": PERMISSIONS,
        "is_new": False,
        "readed_list": [],
        "last_message_views": {"message_id": last, "first_viewers": [], "count_of_viewers": 0},
        "dialog_id": chat.dialog_id,
    }


def message_object(message: Message) -> dict[str, Any]:
    """One message of im.dialog.messages.get: raw BB text, params `[]` when empty."""
    params: Any = {"COMPONENT_ID": "HiddenMessage", "CLASS": "bx-messenger-content-item-system"}
    if message.file:
        params = {"FILE_ID": [message.id]}
    elif not message.hidden:
        params = []
    return {
        "id": message.id,
        "chat_id": message.chat_id,
        "author_id": message.author_id,
        "date": stamp(message.date),
        "text": message.text,
        "unread": False,
        "uuid": None,
        "replaces": [],
        "params": params,
        "disappearing_date": None,
    }
