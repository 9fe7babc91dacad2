"""The journey of a business that moves over: the reference's requests in an order that makes sense."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from tests.interop.postman import Request, Step

FIRST = "b.payload[0]"
NOBODYS = "3539d410-5f65-11eb-a080-51e25f7d5918"
PERSON = "+16192331234"
"""A handset of the sandbox."""


class Files:
    """What the journey uploads."""

    def __init__(self, folder: Path, sound: bytes) -> None:
        self.sound = folder / "testwav.wav"
        self.sound.write_bytes(sound)
        self.contacts = folder / "contacts.csv"
        self.contacts.write_text("phonenumber1,firstname,candy\n+17148675309,Jenny,red hots\n+17148675310,John,x\n")
        self.more_contacts = folder / "more.csv"
        self.more_contacts.write_text("phonenumber1,firstname\n+17148675311,Jim\n")
        self.dnc = folder / "dnc.csv"
        self.dnc.write_text("endpoint,subtype,selector\n+17148675399,sms,CUSTOMER_GLOBAL\n")
        self.quiet_call = folder / "quiet.xml"
        self.quiet_call.write_text('<Response><Pause length="60"/></Response>')
        self.conference = folder / "conference.xml"
        self.conference.write_text("<Response><Dial><Conference>journey</Conference></Dial></Response>")


def steps(files: Files) -> list[Step]:
    """All of them."""
    return [
        *_accounts(),
        *_assets(files),
        *_numbers(),
        *_contacts(files),
        *_people(),
        *_live_lists(),
        *_queries_and_scripts(),
        *_messages(),
        *_campaigns(),
        *_inbox(),
        *_routing(),
        *_webhooks(),
        *_calls(),
        *_logs(),
        *_leaving(),
    ]


def own(method: Literal["POST", "PUT"], path: str, body: object) -> Step:
    """A request that the reference lacks."""
    return Step(request=Request(method, path, body=body))


def started_conferences() -> Step:
    """What the webhook that is told of conferences was told: their id stands there."""
    deliveries = Request("GET", "/v4/callback/configuration/{callbackId}/deliveries")
    return Step(request=deliveries, wait=3000, keep={"confId": f"{FIRST}.payload.confId"})


def _accounts() -> list[Step]:
    return [
        Step(
            number=1,
            body={"username": "{{email}}", "password": "{{password}}"},
            keep={"access_token": f"{FIRST}.accessToken"},
        ),
        Step(
            number=2,
            keep=dict.fromkeys(("accountSid", "accountsid", "accountId"), f"{FIRST}.id"),
        ),
        Step(number=5, body={"phone": "+19495551234", "parentAcctId": "{{accountSid}}", "isParentAcct": True}),
        Step(number=3),
        Step(
            number=7,
            body={"name": "Branch", "phone": "+19495551235", "parentAcctId": "{{accountSid}}"},
            keep={"branch": f"{FIRST}.id"},
        ),
        Step(number=4),
        Step(number=6, path={"accountId": "{{branch}}"}),
        Step(number=6, path={"accountId": "{{branch}}"}, body={"status": "active"}),
        Step(number=9),
        Step(number=11),
        Step(number=10),
        Step(number=14),
        Step(number=15),
        Step(number=12),
        Step(number=13, path={"key": "funded"}),
        Step(number=16, path={"key": "company_phone"}),
        Step(number=16, path={"key": "funded"}, expect=401),
        Step(number=18, body={"provider": "sendgrid"}),
        Step(number=19, body=[{"provider": "mailgun", "key": "domain", "value": "mail.example.com"}]),
        Step(number=17),
        Step(number=21, path={"provider": "mailgun", "key": "domain"}),
        Step(number=20, path={"provider": "sendgrid"}),
        Step(number=22, expect=503),
        Step(number=28),
        Step(number=147),
        Step(number=148, path={"timezoneId": "-32"}),
        Step(number=166),
        Step(number=167),
    ]


def _assets(files: Files) -> list[Step]:
    document = {"type": "inboundxml"}
    return [
        Step(number=26, file=files.sound, texts={"type": "audio", "name": "testwav.wav"}),
        Step(number=27, file=files.sound, texts={"type": "audio", "name": "testwav.wav"}),
        Step(number=23),
        Step(number=24, query={"type": "audio"}),
        Step(number=25, path={"type": "audio", "name": "testwav.wav"}),
        Step(
            number=26,
            file=files.quiet_call,
            texts={**document, "name": "quiet.xml"},
            keep={"xmlurl": f"{FIRST}.publicUrl"},
        ),
        Step(
            number=26,
            file=files.conference,
            texts={**document, "name": "conference.xml"},
            keep={"conferenceUrl": f"{FIRST}.publicUrl"},
        ),
        Step(
            number=26,
            file=files.sound,
            texts={"type": "audio", "name": "beep.wav"},
            keep={"audioUrl": f"{FIRST}.publicUrl"},
        ),
    ]


def _numbers() -> list[Step]:
    urls = dict.fromkeys(("voiceUrl", "voiceFallbackUrl", "hangupCallbackUrl", "heartbeatUrl"), "{{xmlurl}}")
    urls |= {"smsUrl": "", "smsFallbackUrl": ""}
    return [
        Step(
            number=108,
            query={"areaCode": "714", "size": "6"},
            keep={
                "fromnumber": f"{FIRST}.phoneNumber",
                "second": "b.payload[1].phoneNumber",
                "third": "b.payload[2].phoneNumber",
                "fourth": "b.payload[3].phoneNumber",
            },
        ),
        Step(
            number=120,
            body={"accountSid": None, "phoneNumbers": [], **urls},
            keep={"numberSetId": f"{FIRST}.numberSetId"},
        ),
        Step(number=109, body={"phoneNumber": ["{{fromnumber}}", "{{second}}"], "numberSetId": None}),
        Step(number=109, body={"phoneNumber": ["{{third}}"], "numberSetId": None}),
        Step(number=109, body={"phoneNumber": ["{{fourth}}"], "numberSetId": "{{numberSetId}}"}),
        Step(number=107, query={"size": "100"}),
        Step(number=112, path={"phoneNumber": "{{fromnumber}}"}),
        Step(number=113, path={"phoneNumber": "{{fromnumber}}"}, body={**urls, "voiceUrl": "{{conferenceUrl}}"}),
        Step(number=114, body={"phoneNumber": "{{third}}"}),
        Step(number=119),
        Step(number=121, body={"numberSetId": "{{numberSetId}}", "phoneNumbers": ["{{second}}"]}),
        Step(number=122),
        Step(number=123, body={"accountSid": None, "numberSetId": "{{numberSetId}}", **urls}),
        Step(number=125, path={"phoneNumbers": "{{second}}"}),
        Step(number=136, path={"phoneNumber": "12345"}, expect=404),
    ]


def _contacts(files: Files) -> list[Step]:
    return [
        Step(number=50, keep={"contactId": f"{FIRST}.contactId"}),
        Step(number=50, expect=409),
        Step(number=49),
        Step(number=51),
        Step(number=52, file=files.contacts),
        Step(number=53, file=files.more_contacts),
        Step(number=54),
        Step(number=56),
        Step(number=55),
        Step(number=57),
        Step(number=58, body={"selectors": ["CUSTOMER_GLOBAL"]}),
        Step(number=61, path={"endpoint": "+15558675309", "selector": "CUSTOMER_GLOBAL", "subtype": "sms"}),
        Step(number=61, path={"endpoint": "+15558675300", "selector": "CUSTOMER_GLOBAL", "subtype": "sms"}, expect=404),
        Step(number=59, file=files.dnc),
        Step(number=60, file=files.dnc),
    ]


def _people() -> list[Step]:
    person = {"belongAcctId": "{{accountSid}}", "phone": "+19495551236", "username": "{{newEmail}}"}
    edited = {"phone": "+19495551237", "username": "{{newEmail}}"}
    group = {"groupName": "crew", "userIds": ["{{clientId}}"]}
    return [
        Step(number=152, body=person, keep={"clientId": f"{FIRST}.clientId", "username": f"{FIRST}.username"}),
        Step(number=149),
        Step(number=150),
        Step(number=151),
        Step(number=153, body=edited),
        Step(number=154, body=edited),
        Step(number=156),
        Step(number=155, expect=400),
        Step(number=162),
        Step(number=163, body={"password": "{{password}}"}, expect=400),
        Step(number=164, body={"password": "{{password}}"}, expect=409),
        Step(number=165, expect=409),
        Step(number=159),
        Step(number=203, body=group),
        Step(number=201),
        Step(number=202, path={"groupname": "crew"}),
        Step(number=204),
        Step(number=206, body=group),
        Step(number=207, body=group | {"action": "remove"}),
        Step(number=205, path={"groupname": "crew"}),
        Step(number=212, body={"presetType": "user", "groupId": "{{clientId}}"}),
        Step(number=214),
        Step(number=215, path={"groupId": "{{clientId}}"}),
        Step(number=213, path={"groupId": "{{clientId}}", "type": "user", "destination": "+12223334444"}),
    ]


def _live_lists() -> list[Step]:
    hot = {"name": "hot_leads"}
    return [
        Step(number=95, body={"listName": "hot_leads", "clientIds": []}),
        Step(number=96, path=hot, body={"clientIds": ["{{clientId}}"]}),
        Step(number=90),
        Step(number=94),
        Step(number=91, path=hot, query={"size": "1"}),
        Step(number=92, path=hot, expect=404),
        Step(number=93, path=hot, expect=404),
        Step(number=97, path=hot),
    ]


def _queries_and_scripts() -> list[Step]:
    return [
        Step(number=127, keep={"queryId": f"{FIRST}.queryId"}),
        Step(number=126),
        Step(number=128),
        Step(number=131, keep={"scriptId": f"{FIRST}.scriptId"}),
        Step(number=129),
        Step(number=130),
        Step(number=132),
        Step(number=134, query={"contactId": "{{contactId}}"}),
        Step(number=135, body={"contactId": "{{contactId}}"}),
        Step(number=133),
        Step(number=115),
        Step(number=116),
        Step(number=117, path={"key": "major_sale"}),
        Step(number=118, path={"key": "major_sale"}),
    ]


def _campaigns() -> list[Step]:
    """A campaign that ends at once: the templates of the reference's examples are nobody's here."""
    campaign = {"campaignId": "{{campaign}}"}
    batch = {**campaign, "batchId": "{{batch}}"}
    body = {"campaignName": "Journey", "timezoneProtectionType": 0, "numberSet": None}
    nodes = '[{"id":1,"type":"control"}]'
    workflow = {"workflow": '{"schemaVersion":1,"startNode":1,"nodes":' + nodes + "}"}
    contacts = {"contactIds": ["{{contactId}}"], "statements": None, "periodMs": 0}
    schedule = {
        "timezoneId": -32,
        "recurring": True,
        "timeOfDay": "10:00",
        "expire": None,
        "createBatchRequest": {"displayName": "daily", "periodMs": -1, "start": True, "contactIds": ["{{contactId}}"]},
    }
    return [
        Step(number=179, body=body, keep={"campaign": f"{FIRST}.campaignId"}),
        Step(number=178),
        Step(number=181, path=campaign, body=body),
        Step(number=182, path=campaign),
        Step(number=186, path=campaign, expect=404),
        Step(number=187, path=campaign, body=workflow),
        Step(number=188, path=campaign, body=workflow),
        Step(number=186, path=campaign),
        Step(number=183, path=campaign, body={"contactId": "{{contactId}}"}),
        Step(number=192, path=campaign, body=contacts, keep={"batch": f"{FIRST}.batchId"}),
        Step(number=193, path=batch, body=contacts),
        Step(number=194),
        Step(number=195, path=campaign),
        Step(number=196, path=batch),
        Step(number=197, path=batch, expect=409),
        Step(number=199, path=batch),
        Step(number=200, path=batch),
        Step(number=198, path=batch),
        Step(number=189, path=campaign, body=schedule, keep={"schedule": f"{FIRST}.eventId"}),
        Step(number=190, path={**campaign, "scheduleId": "{{schedule}}"}, body=schedule),
        Step(number=191),
        Step(number=180, query={"startDate": "2021-01-15", "endDate": "2021-01-16"}),
        Step(number=184, path=campaign),
        Step(number=185, path=campaign),
    ]


def _messages() -> list[Step]:
    return [
        Step(number=139, keep={"templateId": f"{FIRST}.templateId"}),
        Step(number=138),
        Step(number=140),
        Step(number=141),
        Step(number=142),
        Step(number=143),
        Step(
            number=137,
            body={"from": "{{fromnumber}}", "to": "{{tonumber}}", "messageStatusCallback": None},
            keep={"smsSid": f"{FIRST}.messageSid"},
        ),
        own("POST", "/sandbox/handsets/{{tonumber}}/messages", {"to": "{{fromnumber}}", "text": "Hello back"}),
    ]


def _inbox() -> list[Step]:
    told = {"from": "{{fromnumber}}", "to": "{{tonumber}}"}
    about = {"contactId": "{{talker}}", "metadata": {"contactId": "{{talker}}", "publish": True}}
    return [
        Step(
            number=75,
            wait=2500,
            query={"inbox": "{{accountSid}}"},
            keep={
                "talker": f"{FIRST}.contactId",
                "time": f"{FIRST}.time",
                "partition": f"{FIRST}.partition",
            },
        ),
        Step(number=76),
        Step(
            number=77,
            body={
                "accountSid": "{{accountSid}}",
                "inbox": "{{accountSid}}",
                "partition": "{{partition}}",
                "time": "{{time}}",
            },
        ),
        Step(number=78, query={"contactId": "{{talker}}"}),
        Step(
            number=79,
            body={"accountSid": "{{accountSid}}", **told, "metadata": {"contactId": "{{talker}}", "publish": True}},
        ),
        Step(number=83, body={**told, **about}),
        Step(number=84, body={**told, **about}),
        Step(number=80, body={"clientIds": ["{{clientId}}"]}, keep={"inboxName": f"{FIRST}.name"}),
        Step(
            number=82,
            body={"accountSid": "{{accountSid}}", "clientIds": []},
        ),
        Step(
            number=81,
        ),
    ]


def _routing() -> list[Step]:
    destination = {"routeTag": "buffalo", "ruleSetId": None, "dest": "{{accountSid}}"}
    at = {"routeTag": "buffalo", "sourceType": "sms", "destination": "{{accountSid}}", "destinationType": "inbox"}
    return [
        Step(number=65),
        Step(number=62),
        Step(number=63, path={"routeTag": "buffalo"}),
        Step(number=66, body={"routeTag": "buffalo"}),
        Step(number=67, body={"phoneNumbers": ["{{second}}"]}),
        Step(number=68, body={"phoneNumbers": ["{{second}}"]}),
        Step(number=73, body=destination),
        Step(number=71),
        Step(number=69, path={"routeTag": "buffalo"}),
        Step(number=72, path=at),
        Step(number=74, body={**destination, "accountSid": None, "srcType": "sms", "destType": "inbox", "options": {}}),
        Step(number=70, body={"routeTag": "buffalo", "dest": "{{accountSid}}", "destType": "inbox"}),
        Step(number=64, path={"routeTag": "buffalo"}),
        Step(number=88, body={"accountSid": None}, keep={"ivrName": f"{FIRST}.ivrName"}),
        Step(number=85),
        Step(number=89, body={"accountSid": None}),
        Step(number=87),
        Step(number=86),
    ]


def _webhooks() -> list[Step]:
    return [
        Step(number=169, keep={"callbackAuthId": f"{FIRST}.id"}),
        Step(number=168),
        Step(number=170),
        Step(number=171),
        Step(number=172),
        Step(number=174, keep={"callbackId": f"{FIRST}.id"}),
        Step(number=173),
        Step(number=175),
        Step(number=176),
        Step(number=177),
    ]


def _calls() -> list[Step]:
    human = {"answer": "human", "answerAfterMs": 0}
    listener = {"from": "{{fromnumber}}", "to": "+16192331236", "confId": "{{confId}}"}
    return [
        own("PUT", "/sandbox/handsets/{{tonumber}}", human),
        own("PUT", "/sandbox/handsets/+16192331235", human),
        own("PUT", "/sandbox/handsets/+16192331236", human),
        Step(
            number=29,
            body={"from": "{{fromnumber}}", "to": "{{tonumber}}", "url": "{{xmlurl}}", "statusCallbackUrl": None},
            keep={"callSid": f"{FIRST}.callSid"},
        ),
        Step(number=35, wait=2000),
        Step(number=31),
        Step(number=33),
        Step(number=32, body={"callbackUrl": None}),
        Step(number=34, body={"url": None}),
        Step(number=30, body={"from": "{{fromnumber}}", "to": ["+16192331235"], "url": "{{xmlurl}}"}),
        Step(
            number=174,
            body={"eventType": "conference_start", "name": "conferences", "url": "http://127.0.0.1:9/"},
            keep={"callbackId": f"{FIRST}.id"},
        ),
        own("POST", "/sandbox/handsets/+16192331237/calls", {"to": "{{fromnumber}}"}),
        started_conferences(),
        Step(
            number=37,
            keep={"memberId": f"{FIRST}.members[0].memberId", "hangupCallSid": f"{FIRST}.members[0].callSid"},
        ),
        Step(number=40),
        Step(number=41),
        Step(number=42),
        Step(number=43),
        Step(number=48),
        Step(number=45, body={**listener, "to": "+16192331235"}),
        Step(number=46, body=listener),
        Step(number=47, body=[{"source": 1, "destination": 2, "linkType": "nospeak"}], wait=1500),
        Step(number=39, path={"memberId": "3"}),
        Step(number=38, path={"memberId": "2"}),
        Step(number=44, body={"confId": "{{confId}}", "hangupCallSid": "{{hangupCallSid}}"}),
        Step(number=36, path={"phoneNumber": PERSON, "number": PERSON}),
        Step(number=208, path={"phoneNumber": "{{third}}"}),
        Step(number=209, path={"phoneNumber": "{{third}}"}),
        Step(number=210, path={"phoneNumber": "{{third}}", "recordId": NOBODYS}, expect=404),
        Step(number=211, path={"phoneNumber": "{{third}}", "recordId": NOBODYS}, expect=404),
    ]


def _logs() -> list[Step]:
    today = {"startDate": "{{today}}", "endDate": "{{today}}"}
    return [
        Step(number=99, query={**today, "limit": "1"}, wait=1500),
        Step(number=101),
        Step(number=102, query={**today, "limit": "1"}),
        Step(number=103),
        Step(number=104, query={**today, "limit": "5"}),
        Step(number=105, query={**today, "limit": "5"}),
        Step(number=106, path={"id": "{{smsSid}}"}),
        Step(number=100, body={"startdate": "{{today}}", "enddate": "{{today}}"}),
        Step(number=144, query={}),
        Step(number=145, query={"grouping": "phoneNumber"}),
        Step(number=146, query={}),
        Step(number=28, query=today),
    ]


def _leaving() -> list[Step]:
    moved = {"phoneNumbers": ["{{second}}"], "toAccountSid": "{{branch}}", "fromAccountSid": "{{accountSid}}"}
    return [
        Step(number=124),
        Step(number=111, body=moved),
        Step(number=8, path={"accountSid": "{{branch}}"}, expect=409),
        Step(
            number=111,
            query={"accountSid": "{{branch}}"},
            body=moved | {"toAccountSid": "{{accountSid}}", "fromAccountSid": "{{branch}}"},
        ),
        Step(number=110, body={"phoneNumber": ["{{second}}"]}),
        Step(number=8, path={"accountSid": "{{branch}}"}),
        Step(number=161),
        Step(number=160),
        Step(number=158),
        Step(number=157, expect=404),
    ]
